import { codeOf } from "../core/errors.ts";

interface Exported {
  readonly code: number;
  readonly error?: Error;
}

interface Exporter<Items> {
  export(items: Items, done: (result: Exported) => void): void;
}

/**
 * ABORTED, UNAVAILABLE, DATA_LOSS: errors of gRPC that may pass, as the specification of OTLP has them. RESOURCE_EXHAUSTED passes only
 * where the server says when, and is also what an answer is that cannot be read.
 */
const passing: ReadonlySet<unknown> = new Set([10, 14, 15]);
const longestMs = 10_000;
const firstWaitMs = 1000;
const backoff = 1.5;

/** Tries again what gRPC could not send, as the exporters over HTTP do by themselves: waits of 1 s, 1.5 s and so on, for 10 s at most. */
export function retryExports<Items, Of extends Exporter<Items>>(exporter: Of): Of {
  const sendOn = exporter.export.bind(exporter);
  exporter.export = (items: Items, done: (result: Exported) => void): void => {
    const givenUpAt = performance.now() + longestMs;
    const send = (waitMs: number): void =>
      sendOn(items, (result) => {
        const isOver = result.error === undefined || !passing.has(codeOf(result.error));
        if (isOver || performance.now() + waitMs > givenUpAt) done(result);
        else setTimeout(send, waitMs, waitMs * backoff);
      });
    send(firstWaitMs);
  };
  return exporter;
}
