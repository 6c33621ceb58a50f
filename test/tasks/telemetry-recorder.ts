import { type Attributes, context, metrics, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

export interface RecordedSpan {
  readonly name: string;
  readonly parent: string | undefined;
  readonly status: string;
  readonly statusMessage?: string;
  readonly attributes: Attributes;
  readonly exceptions: readonly unknown[];
}

class PulledReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Sends the telemetry of this process into memory until it is disposed. */
export function recordTelemetry() {
  const exporter = new InMemorySpanExporter();
  const reader = new PulledReader();
  const spans = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const meters = new MeterProvider({ readers: [reader] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(spans);
  metrics.setGlobalMeterProvider(meters);
  return {
    /** In the order in which they ended. */
    async spans(): Promise<readonly RecordedSpan[]> {
      await spans.forceFlush();
      const finished = exporter.getFinishedSpans();
      const names = new Map(finished.map((span) => [span.spanContext().spanId, span.name]));
      return finished.map((span) => ({
        name: span.name,
        parent: names.get(span.parentSpanContext?.spanId ?? ""),
        status: SpanStatusCode[span.status.code] ?? "",
        ...(span.status.message === undefined ? {} : { statusMessage: span.status.message }),
        attributes: span.attributes,
        exceptions: span.events.map(({ attributes }) => attributes?.["exception.message"]),
      }));
    },
    /** Name → the last value, and its attributes. */
    async metrics(): Promise<ReadonlyMap<string, { readonly value: unknown; readonly attributes: Attributes }>> {
      const { resourceMetrics } = await reader.collect();
      return new Map(
        resourceMetrics.scopeMetrics
          .flatMap((scope) => scope.metrics)
          .flatMap(({ descriptor, dataPoints }) => {
            const point = dataPoints.at(-1);
            return point === undefined
              ? []
              : [[descriptor.name, { value: point.value, attributes: point.attributes }] as const];
          }),
      );
    },
    async [Symbol.asyncDispose]() {
      trace.disable();
      metrics.disable();
      context.disable();
      await spans.shutdown();
      await meters.shutdown();
    },
  };
}
