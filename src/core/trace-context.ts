import { type Context, context, propagation, ROOT_CONTEXT, type TextMapGetter } from "@opentelemetry/api";

/** The active trace as headers of a message (`traceparent` and what else the set-up propagators write); none without an SDK. */
export function traceHeaders(): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}

/** The trace that the headers of a message tell of. */
export function traceOf(headers: Readonly<Record<string, unknown>>): Context {
  return propagation.extract(ROOT_CONTEXT, headers, textGetter);
}

const textGetter: TextMapGetter<Readonly<Record<string, unknown>>> = {
  keys: (headers) => Object.keys(headers),
  get(headers, key) {
    const value = headers[key];
    return typeof value === "string" ? value : undefined;
  },
};
