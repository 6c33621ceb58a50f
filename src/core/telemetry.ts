import { type Attributes, metrics, type Span, SpanStatusCode, trace } from "@opentelemetry/api";

export const instrumentationName = "firstlight";

/** The library only ever speaks to the OpenTelemetry API: without an SDK all of this is a no-op. */
export const tracer = () => trace.getTracer(instrumentationName);
export const meter = () => metrics.getMeter(instrumentationName);

/** Runs `work` inside a span that ends with it: OK, or the error recorded and thrown on. */
export async function withSpan<T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T> {
  return tracer().startActiveSpan(name, { attributes }, async (span) => {
    try {
      const result = await work(span);
      span.setStatus({ code: SpanStatusCode.OK });
      return result;
    } catch (error) {
      if (error instanceof Error) span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}
