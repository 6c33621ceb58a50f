import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { codeOf, messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Delivery } from "../bus.ts";
import { messageIdOf } from "../message-id.ts";
import { busConnectionLost, busDeliveryExpired, busQueueMissing, parseBody } from "./bus-errors.ts";

interface ConsumeOptions {
  readonly prefetch: number;
  readonly stop: AbortSignal;
  readonly log: Logger | undefined;
  /** Takes what has to be waited for before the connection may be closed. */
  readonly ending: Set<Promise<unknown>>;
}

/** The messages of a queue over a channel of their own: closing it gives back to the queue what was not acknowledged. */
export async function* consumeAmqp(
  connect: (stop: AbortSignal) => Promise<ChannelModel>,
  queue: string,
  { prefetch, stop, log, ending }: ConsumeOptions,
): AsyncIterable<Delivery> {
  if (stop.aborted) return;
  const connection = await connect(stop).catch((error: unknown) => {
    if (stop.aborted) return undefined;
    throw error;
  });
  if (connection === undefined) return;
  const channel = await connection.createChannel();
  const waiting: ConsumeMessage[] = [];
  const state: { open: boolean; failure?: unknown } = { open: true };
  let wake = (): void => {};
  const end = (failure?: unknown): void => {
    if (state.open && failure !== undefined) state.failure ??= failure;
    wake();
  };
  const failureOf = (cause: unknown): unknown =>
    isNotFound(cause) ? busQueueMissing(queue, cause) : busConnectionLost(queue, cause);
  channel.on("error", (error: unknown) => end(failureOf(error)));
  // The channel of a lost connection closes without an error of its own.
  channel.on("close", () => {
    end(busConnectionLost(queue));
    state.open = false;
  });
  const close = async (): Promise<void> => {
    if (!state.open) return;
    state.open = false;
    await channel.close().catch(() => {});
  };
  // Disposing the bus must give the messages back even while the loop's body is at work.
  const onStop = (): void => {
    const closed = close();
    ending.add(closed);
    void closed.finally(() => ending.delete(closed));
    wake();
  };
  stop.addEventListener("abort", onStop, { once: true });
  try {
    await channel.prefetch(prefetch);
    await channel
      .consume(queue, (message) => {
        // The broker's way to say that the queue was deleted.
        if (message === null) end(busQueueMissing(queue));
        else waiting.push(message);
        wake();
      })
      .catch((error: unknown) => {
        throw stop.aborted ? stop.reason : failureOf(error);
      });
    while (!stop.aborted) {
      const message = waiting.shift();
      if (message !== undefined) {
        const delivery = deliveryOf(channel, state, queue, message, log);
        if (delivery !== undefined) yield delivery;
        continue;
      }
      if (state.failure !== undefined) throw state.failure;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    stop.removeEventListener("abort", onStop);
    await close();
  }
}

/** The broker's answer to whoever consumes from a queue that is not there (AMQP 0-9-1 §1.1, reply code 404). */
function isNotFound(error: unknown): boolean {
  return codeOf(error) === 404;
}

/** Undefined for a message that is no JSON object: nobody here could ever take it, so it is refused and said. */
function deliveryOf(
  channel: Channel,
  state: { readonly open: boolean },
  queue: string,
  message: ConsumeMessage,
  log: Logger | undefined,
): Delivery | undefined {
  const { routingKey } = message.fields;
  const givenId: unknown = message.properties.messageId;
  const body = parseBody(message.content.toString("utf8"));
  if (body === undefined) {
    const messageId = String(givenId ?? "");
    log?.error(`Refused the message ${messageId} of ${queue}: its body is no JSON object`, { queue, messageId });
    channel.reject(message, false);
    return undefined;
  }
  // Python's producers give none.
  const messageId = givenId === undefined ? messageIdOf(routingKey, body) : String(givenId);
  const settle = async (how: () => void): Promise<void> => {
    if (!state.open) throw busDeliveryExpired(queue, messageId);
    try {
      how();
    } catch (error) {
      log?.warning(`Could not settle the message ${messageId} of ${queue}: ${messageOf(error)}`);
      throw busDeliveryExpired(queue, messageId);
    }
  };
  return {
    body,
    messageId,
    routingKey,
    redelivered: message.fields.redelivered,
    headers: message.properties.headers ?? {},
    ack: () => settle(() => channel.ack(message)),
    reject: (options) => settle(() => channel.reject(message, options?.requeue === true)),
  };
}
