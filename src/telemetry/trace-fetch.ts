import { channel } from "node:diagnostics_channel";
import type { Span } from "@opentelemetry/api";
import { beginClientSpan, failClientSpan, tellStatus } from "./client-span.ts";

/** What undici tells of a request, which is what `fetch` is made of. */
interface UndiciRequest {
  readonly origin: string | URL;
  readonly path: string;
  readonly method: string;
  addHeader(name: string, value: string): unknown;
}

interface UndiciMessage {
  readonly request: UndiciRequest;
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

/** A span for each request that `fetch` sends, from diagnostics channels: nothing is patched. */
export function traceFetch(excluded: readonly RegExp[]): () => void {
  const spans = new WeakMap<UndiciRequest, Span>();
  return subscribeAll({
    "undici:request:create": ({ request }) => {
      const span = beginClientSpan(
        {
          method: request.method,
          url: `${request.origin}${request.path}`,
          setHeader: (name, value) => void request.addHeader(name, value),
        },
        excluded,
      );
      if (span !== undefined) spans.set(request, span);
    },
    "undici:request:headers": ({ request, response }) => tellStatus(spans.get(request), response?.statusCode ?? 0),
    "undici:request:trailers": ({ request }) => spans.get(request)?.end(),
    "undici:request:error": ({ request, error }) => failClientSpan(spans.get(request), error),
  });
}

function subscribeAll(listeners: Readonly<Record<string, (message: UndiciMessage) => void>>): () => void {
  const all = Object.entries(listeners).map(([name, listen]) => {
    const listener = (message: unknown): void => listen(message as UndiciMessage);
    channel(name).subscribe(listener);
    return () => channel(name).unsubscribe(listener);
  });
  return () => {
    for (const stop of all) stop();
  };
}
