import type { NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import { redactAttributes } from "./redact-attributes.ts";
import { resourceRedactor } from "./redact-resource.ts";

type SpanExporter = NodeSDKConfiguration["traceExporter"];
type Span = Parameters<SpanExporter["export"]>[0][number];

/** Takes secrets out of what spans tell: the message of an error may be a server's, which says what it was sent. */
export function redactSpans(exporter: SpanExporter, redact: (text: string) => string): SpanExporter {
  const attributes = redactAttributes(redact);
  const resource = resourceRedactor(redact);
  const redacted = (span: Span): Span => {
    const { message } = span.status;
    const events = span.events.map((event) => ({
      ...event,
      name: redact(event.name),
      attributes: attributes(event.attributes),
    }));
    const links = span.links.map((link) => ({ ...link, attributes: attributes(link.attributes) }));
    return Object.create(span, {
      name: { value: redact(span.name) },
      attributes: { value: attributes(span.attributes) },
      events: { value: events },
      links: { value: links },
      resource: { value: resource(span.resource) },
      status: { value: message === undefined ? span.status : { ...span.status, message: redact(message) } },
    }) as Span;
  };
  return {
    export: (spans, done) => exporter.export(spans.map(redacted), done),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
