import { FirstlightError, messageOf } from "../../core/errors.ts";
import { parsePythonJson, plainJson } from "../../core/python-json.ts";
import type { BusMessage } from "../bus.ts";

export function busUnroutable({ binding, messageId }: Pick<BusMessage, "binding" | "messageId">): FirstlightError {
  return new FirstlightError(
    "BUS_UNROUTABLE",
    `No queue takes messages with the routing key ${binding.routingKey}; the message ${messageId} was refused. Declare its queue ${binding.queue} first.`,
    { fields: { routingKey: binding.routingKey, queue: binding.queue, messageId } },
  );
}

/** @param count how many messages were on their way there: none is at fault, so that none is named in the fields */
export function busExchangeMissing(exchange: string, count: number, cause: unknown): FirstlightError {
  return new FirstlightError(
    "BUS_EXCHANGE_MISSING",
    `There is no exchange ${exchange} on the bus, where ${count} ${count === 1 ? "message was" : "messages were"} on the way to it. Declare it with its queues first, or name by ISB_EXCHANGE the one that is there, and publish again: ids stay the same.`,
    { disposition: "retry", fields: { exchange, count }, cause },
  );
}

export function busQueueMissing(queue: string, cause?: unknown): FirstlightError {
  return new FirstlightError("BUS_QUEUE_MISSING", `There is no queue ${queue} on the bus. Declare it first.`, {
    disposition: "retry",
    fields: { queue },
    cause,
  });
}

/** @param count how many are unconfirmed, this one included */
export function busNotConfirmed({ messageId, binding }: BusMessage, count: number, cause: unknown): FirstlightError {
  const more = count > 1 ? ` and ${count - 1} after it` : "";
  return new FirstlightError(
    "BUS_NOT_CONFIRMED",
    `The bus has not confirmed the message ${messageId} (${binding.routingKey})${more}: ${messageOf(cause)}. Publish it again: its id stays the same.`,
    { disposition: "retry", fields: { messageId, routingKey: binding.routingKey, count }, cause },
  );
}

export function busMessageRefused(
  { messageId, binding }: BusMessage,
  reason: string,
  cause?: unknown,
): FirstlightError {
  return new FirstlightError(
    "BUS_MESSAGE_REFUSED",
    `The message ${messageId} (${binding.routingKey}) cannot be sent: ${reason}. Put what is large into the object store and its key into the message.`,
    { disposition: "invalid", fields: { messageId, routingKey: binding.routingKey }, cause },
  );
}

export function busAccessRefused(what: string, cause: unknown): FirstlightError {
  return new FirstlightError(
    "BUS_ACCESS_REFUSED",
    `The bus does not allow to ${what}: ${messageOf(cause)}. Give the user of ISB_USERNAME the permission.`,
    { disposition: "invalid", fields: { what }, cause },
  );
}

export function busConnectionLost(queue: string, cause?: unknown): FirstlightError {
  return new FirstlightError(
    "BUS_CONNECTION_LOST",
    `The connection to the bus ended while messages of ${queue} were consumed${cause === undefined ? "" : ` (${messageOf(cause)})`}. Consume again: what was not acknowledged is delivered again.`,
    { disposition: "retry", fields: { queue }, cause },
  );
}

export function busPublishingLost(cause: unknown): FirstlightError {
  return new FirstlightError(
    "BUS_CONNECTION_LOST",
    `The connection to the bus ended while messages were to be published (${messageOf(cause)}). Publish them again: their ids stay the same.`,
    { disposition: "retry", cause },
  );
}

export function busDeclaringLost(cause: unknown): FirstlightError {
  return new FirstlightError(
    "BUS_CONNECTION_LOST",
    `The bus did not declare all that was asked of it (${messageOf(cause)}). Declare it again: what is there already does no harm.`,
    { disposition: "retry", cause },
  );
}

export function busDeliveryExpired(queue: string, messageId: string): FirstlightError {
  return new FirstlightError(
    "BUS_DELIVERY_EXPIRED",
    `The message ${messageId} of ${queue} is not held any more: it was settled before, or went back to its queue, from where it comes again.`,
    { disposition: "retry", fields: { queue, messageId } },
  );
}

export function busTopologyConflict(queue: string, found: string, cause?: unknown): FirstlightError {
  const what = `queue ${queue}`;
  return new FirstlightError(
    "BUS_TOPOLOGY_CONFLICT",
    `The ${what} is on the bus already, with other properties: ${found}. Declare it as whoever declared it first, or delete it.`,
    { disposition: "invalid", fields: { what }, cause },
  );
}

export function busClosed(): FirstlightError {
  return new FirstlightError("SERVICE_CLOSED", "The bus is closed.");
}

/** What a closed bus gives to consume: at the first message that is asked for, it says so. */
export function closedQueue(): AsyncIterable<never> {
  const next = (): Promise<never> => Promise.reject(busClosed());
  return { [Symbol.asyncIterator]: () => ({ next }) };
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
