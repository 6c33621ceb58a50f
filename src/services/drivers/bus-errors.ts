import { FirstlightError } from "../../core/errors.ts";
import { parsePythonJson, plainJson } from "../../core/python-json.ts";
import type { BusMessage } from "../bus.ts";

export function busUnroutable({ binding, messageId }: Pick<BusMessage, "binding" | "messageId">): FirstlightError {
  return new FirstlightError(
    "BUS_UNROUTABLE",
    `No queue takes messages with the routing key ${binding.routingKey}; the message ${messageId} was refused. Declare its queue ${binding.queue} first.`,
    { fields: { routingKey: binding.routingKey, queue: binding.queue, messageId } },
  );
}

export function busQueueMissing(queue: string, cause?: unknown): FirstlightError {
  return new FirstlightError("BUS_QUEUE_MISSING", `There is no queue ${queue} on the bus. Declare it first.`, {
    disposition: "retry",
    fields: { queue },
    cause,
  });
}

export function busConnectionLost(queue: string, cause?: unknown): FirstlightError {
  return new FirstlightError(
    "BUS_CONNECTION_LOST",
    `The connection to the bus ended while messages of ${queue} were consumed. Consume again: what was not acknowledged is delivered again.`,
    { disposition: "retry", fields: { queue }, cause },
  );
}

export function busDeliveryExpired(queue: string, messageId: string): FirstlightError {
  return new FirstlightError(
    "BUS_DELIVERY_EXPIRED",
    `The message ${messageId} of ${queue} was given back to the queue before it was acknowledged. It will be delivered again.`,
    { disposition: "retry", fields: { queue, messageId } },
  );
}

export function busClosed(): FirstlightError {
  return new FirstlightError("SERVICE_CLOSED", "The bus is closed.");
}

/** The body of a message, which must be a JSON object; undefined for anything else. */
export function parseBody(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const body = plainJson(parsePythonJson(text));
    return typeof body === "object" && body !== null && !Array.isArray(body)
      ? (body as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
