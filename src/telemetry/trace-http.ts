import { channel } from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Span } from "@opentelemetry/api";
import { beginClientSpan, failClientSpan, tellStatus } from "./client-span.ts";

interface HttpMessage {
  readonly request: ClientRequest;
  readonly response?: IncomingMessage;
  readonly error?: unknown;
}

/** A span for each request of `node:http` and `node:https`, which the S3 client sends by, from diagnostics channels. */
export function traceHttp(excluded: readonly RegExp[]): () => void {
  const spans = new WeakMap<ClientRequest, Span>();
  const onCreated = (message: unknown): void => {
    const { request } = message as HttpMessage;
    const { protocol, path, method } = request;
    const span = beginClientSpan(
      {
        method,
        url: `${protocol}//${String(request.getHeader("host") ?? request.host)}${path}`,
        setHeader: (name, value) => {
          if (!request.headersSent) request.setHeader(name, value);
        },
      },
      excluded,
    );
    if (span !== undefined) spans.set(request, span);
  };
  const onFinish = (message: unknown): void => {
    const { request, response } = message as HttpMessage;
    const span = spans.get(request);
    tellStatus(span, response?.statusCode ?? 0);
    span?.end();
  };
  const onError = (message: unknown): void => {
    const { request, error } = message as HttpMessage;
    failClientSpan(spans.get(request), error);
  };
  const listeners = {
    "http.client.request.created": onCreated,
    "http.client.response.finish": onFinish,
    "http.client.request.error": onError,
  };
  for (const [name, listener] of Object.entries(listeners)) channel(name).subscribe(listener);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) channel(name).unsubscribe(listener);
  };
}
