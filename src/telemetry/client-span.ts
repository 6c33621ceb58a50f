import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { messageOf } from "../core/errors.ts";
import { tracer } from "../core/telemetry.ts";

export interface ClientRequest {
  readonly method: string;
  /** With everything: what is told of it is less. */
  readonly url: string;
  readonly setHeader: (name: string, value: string) => void;
}

/**
 * Begins the span of a request and hands its context on in the request's headers; undefined for a request that is not traced. Query
 * and credentials of a URL are not told: signatures and tokens stand there.
 */
export function beginClientSpan(request: ClientRequest, excluded: readonly RegExp[]): Span | undefined {
  if (excluded.some((pattern) => pattern.test(request.url)) || !URL.canParse(request.url)) return undefined;
  const { protocol, host, hostname, port, pathname, search } = new URL(request.url);
  const span = tracer().startSpan(request.method, {
    kind: SpanKind.CLIENT,
    attributes: {
      "http.request.method": request.method,
      "url.full": `${protocol}//${host}${pathname}${search === "" ? "" : "?[…]"}`,
      "server.address": hostname,
      "server.port": Number(port || (protocol === "https:" ? 443 : 80)),
    },
  });
  propagation.inject(trace.setSpan(context.active(), span), undefined, {
    set: (_, name, value) => request.setHeader(name, value),
  });
  return span;
}

export function tellStatus(span: Span | undefined, status: number): void {
  span?.setAttribute("http.response.status_code", status);
  if (status >= 400) {
    span?.setAttribute("error.type", String(status));
    span?.setStatus({ code: SpanStatusCode.ERROR });
  }
}

export function failClientSpan(span: Span | undefined, error: unknown): void {
  span?.setAttribute("error.type", error instanceof Error ? error.name : "error");
  span?.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
  span?.end();
}

/** The patterns of `OTEL_NODE_EXCLUDED_URLS`; one that is no regular expression stands for its text. */
export function urlPatterns(patterns: readonly string[]): readonly RegExp[] {
  return patterns.map((pattern) => {
    try {
      return new RegExp(pattern);
    } catch {
      return new RegExp(RegExp.escape(pattern));
    }
  });
}
