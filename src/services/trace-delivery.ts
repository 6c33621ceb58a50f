import { context, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { messageOf } from "../core/errors.ts";
import { tracer } from "../core/telemetry.ts";
import { traceOf } from "../core/trace-context.ts";
import type { Delivery } from "./bus.ts";

/** Does the work on a message in a span of its own, which continues the trace of whoever published it. */
export async function traceDelivery<Result>(delivery: Delivery, work: () => Promise<Result>): Promise<Result> {
  const { routingKey, messageId, body, headers } = delivery;
  const attributes = {
    "messaging.operation.type": "process",
    "messaging.rabbitmq.destination.routing_key": routingKey,
    "messaging.message.id": messageId,
    ...(typeof body.conversationId === "string" ? { "messaging.message.conversation_id": body.conversationId } : {}),
  };
  return context.with(traceOf(headers), () =>
    tracer().startActiveSpan(`process ${routingKey}`, { kind: SpanKind.CONSUMER, attributes }, async (span) => {
      try {
        const result = await work();
        span.setStatus({ code: SpanStatusCode.OK });
        return result;
      } catch (error) {
        if (error instanceof Error) span.recordException(error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
        throw error;
      } finally {
        span.end();
      }
    }),
  );
}
