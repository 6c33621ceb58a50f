import { attributesOf, list, type OtlpAttributes, type Raw } from "./otlp-values.ts";

/** A span as a collector is told of it. */
export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  /** Nanoseconds since 1970. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly status: "UNSET" | "OK" | "ERROR";
  readonly statusMessage: string | undefined;
  readonly attributes: OtlpAttributes;
  readonly events: readonly { readonly name: string; readonly attributes: OtlpAttributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string; readonly attributes: OtlpAttributes }[];
  /** What the process says of itself. */
  readonly resource: OtlpAttributes;
  /** The library that made it. */
  readonly scope: string;
}

/** The spans of a request of OTLP, as its JSON has them. */
export function spansOf(request: Raw): readonly ReceivedSpan[] {
  return list(request.resourceSpans).flatMap((byResource) =>
    list(byResource.scopeSpans).flatMap((byScope) =>
      list(byScope.spans).map((span) => {
        const status = (span.status ?? {}) as Raw;
        return {
          name: String(span.name ?? ""),
          traceId: String(span.traceId),
          spanId: String(span.spanId),
          parentSpanId: span.parentSpanId ? String(span.parentSpanId) : undefined,
          kind: Number(span.kind ?? 0),
          startNs: BigInt(span.startTimeUnixNano as string),
          endNs: BigInt(span.endTimeUnixNano as string),
          status: (["UNSET", "OK", "ERROR"] as const)[Number(status.code ?? 0)] ?? "UNSET",
          statusMessage: status.message ? String(status.message) : undefined,
          attributes: attributesOf(span),
          events: list(span.events).map((event) => ({ name: String(event.name), attributes: attributesOf(event) })),
          links: list(span.links).map((link) => ({
            traceId: String(link.traceId),
            spanId: String(link.spanId),
            attributes: attributesOf(link),
          })),
          resource: attributesOf((byResource.resource ?? {}) as Raw),
          scope: String(((byScope.scope ?? {}) as Raw).name ?? ""),
        };
      }),
    ),
  );
}

/**
 * The names of spans, each below its parent's and indented by two blanks more, in the order of their starts: what a test holds the
 * whole of a recipe run against. A span whose parent is not among them stands at the left.
 */
export function spanTree(spans: readonly ReceivedSpan[]): readonly string[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const below = (parent: string | undefined, indent: string): readonly string[] =>
    spans
      .filter(({ parentSpanId }) => (known.has(parentSpanId ?? "") ? parentSpanId : undefined) === parent)
      .sort((a, b) => Number(a.startNs - b.startNs))
      .flatMap(({ name, spanId }) => [`${indent}${name}`, ...below(spanId, `${indent}  `)]);
  return below(undefined, "");
}
