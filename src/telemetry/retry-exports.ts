import { codeOf } from "../core/errors.ts";
import { retryDelayMs } from "./retry-info.ts";

interface Exported {
  readonly code: number;
  readonly error?: Error;
}

interface Exporter<Items> {
  export(items: Items, done: (result: Exported) => void): void;
}

/** ABORTED, UNAVAILABLE, DATA_LOSS: errors of gRPC that may pass, as the specification of OTLP has them. */
const passing: ReadonlySet<unknown> = new Set([10, 14, 15]);
/** It passes only where the server says when, and is also what an answer is that cannot be read. */
const resourceExhausted = 8;
const longestMs = 10_000;
const firstWaitMs = 1000;
const backoff = 1.5;

/**
 * Tries again what gRPC could not send, as the exporters over HTTP do by themselves: after 1 s, 1.5 s and so on, or as the server asks for,
 * for 10 s at most.
 */
export function retryExports<Items, Of extends Exporter<Items>>(exporter: Of): Of {
  const sendOn = exporter.export.bind(exporter);
  exporter.export = (items: Items, done: (result: Exported) => void): void => {
    const givenUpAt = performance.now() + longestMs;
    const send = (waitMs: number): void =>
      sendOn(items, (result) => {
        const asked = retryDelayMs(result.error);
        const code = codeOf(result.error);
        const mayPass = passing.has(code) || (code === resourceExhausted && asked !== undefined);
        // The specification leaves it to the client where the server names no time.
        const nextMs = asked === undefined || asked === 0 ? waitMs : asked;
        if (result.error === undefined || !mayPass || performance.now() + nextMs > givenUpAt) done(result);
        else setTimeout(send, nextMs, waitMs * backoff);
      });
    send(firstWaitMs);
  };
  return exporter;
}
