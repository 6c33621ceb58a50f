import {
  type Attributes,
  context,
  metrics,
  type Span,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { messageOf } from "./errors.ts";
import type { Settings } from "./settings.ts";
import { traceHeaders, traceOf } from "./trace-context.ts";

export const instrumentationName = "firstlight";
/** What the names of all metrics begin with: those of the Python stack, so that one dashboard shows the tasks of both. */
export const metricPrefix = "dkist.processing";

/** The library only ever speaks to the OpenTelemetry API: without an SDK all of this is a no-op. */
export const tracer = () => trace.getTracer(instrumentationName);
export const meter = () => metrics.getMeter(instrumentationName);

/** What every span and metric of a recipe run carries. */
export function runAttributes(
  settings: Settings,
  run: { readonly recipeRunId: number; readonly workflowName: string; readonly workflowVersion: string },
): Attributes {
  return {
    "recipe.run.id": run.recipeRunId,
    "workflow.name": run.workflowName,
    "workflow.version": run.workflowVersion,
    "nomad.allocation.id": settings.nomadAllocId,
    "nomad.allocation.name": settings.nomadAllocName,
    "nomad.allocation.group": settings.nomadGroupName,
  };
}

/**
 * Runs `work` inside a span that ends with it: OK, or as `statusOf` its result says; what it throws is recorded and thrown on.
 */
export async function withSpan<T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
  {
    kind = SpanKind.INTERNAL,
    statusOf = () => ({ code: SpanStatusCode.OK }),
  }: { readonly kind?: SpanKind; readonly statusOf?: (result: T) => SpanStatus } = {},
): Promise<T> {
  return tracer().startActiveSpan(name, { kind, attributes }, async (span) => {
    try {
      const result = await work(span);
      span.setStatus(statusOf(result));
      return result;
    } catch (error) {
      if (error instanceof Error) span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The variables by which a process tells another one which span it belongs to (W3C Trace Context, in upper case). */
const traceVariables = ["TRACEPARENT", "TRACESTATE", "BAGGAGE"] as const;

/** The active span for the environment of a process that goes on below it; nothing without an SDK. */
export function traceEnvironment(): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(traceHeaders()).map(([name, value]) => [name.toUpperCase(), value]));
}

/** Does work below the span that `env` names; without one, below the active span. */
export function continueTrace<T>(env: Readonly<Record<string, string | undefined>>, work: () => T): T {
  if (!env.TRACEPARENT) return work();
  return context.with(traceOf(Object.fromEntries(traceVariables.map((name) => [name.toLowerCase(), env[name]]))), work);
}
