import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { codeOf, isFirstlightError, messageOf } from "../../../core/errors.ts";
import { type Logger, silentLogger } from "../../../core/log.ts";
import { type Backoff, unlessAborted } from "../../../core/retry.ts";
import type { Delivery } from "../../bus.ts";
import { messageIdOf } from "../../message-id.ts";
import { requireConsumption } from "../bus-arguments.ts";
import { busAccessRefused, busConnectionLost, busDeliveryExpired, busQueueMissing, parseBody } from "../bus-errors.ts";
import { type AmqpChannel, replyCodes, watchChannel } from "./amqp-channel.ts";

export interface AmqpConsumeOptions {
  readonly queue: string;
  readonly prefetch: number;
  readonly stop: AbortSignal;
  /** Between one lost connection and the next. */
  readonly waits: Backoff;
  readonly connect: () => Promise<ChannelModel>;
  readonly log?: Logger | undefined;
  /** Takes what has to be waited for before the connection may be closed. */
  readonly ending: Set<Promise<unknown>>;
}

/** The messages of a queue over one channel after another: each closes with what was not acknowledged given back. */
export async function* consumeAmqp(options: AmqpConsumeOptions): AsyncIterable<Delivery> {
  const { queue, prefetch, stop, waits } = options;
  requireConsumption(queue, prefetch);
  try {
    while (!stop.aborted) {
      const lost = yield* consumeOver(options);
      if (lost === undefined) return;
      await waits.wait(lost);
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

/** Returns why it has to go on over another channel. Throws what another channel could not mend. */
async function* consumeOver(options: AmqpConsumeOptions): AsyncGenerator<Delivery, unknown> {
  const { queue, prefetch, stop, waits, connect, log, ending } = options;
  const lostBy = (error: unknown): unknown => {
    if (isFirstlightError(error) || stop.aborted) throw error;
    return busConnectionLost(queue, error);
  };
  let connection: ChannelModel;
  let watched: AmqpChannel<Channel>;
  try {
    connection = await connect();
    watched = await openChannel(connection, stop);
  } catch (error) {
    return lostBy(error);
  }
  const { channel, isOpen, cause, onClosed, close } = watched;
  const waiting: ConsumeMessage[] = [];
  let isCancelled = false;
  let wake = (): void => {};
  onClosed(() => wake());
  // Disposing the bus must give the messages back even while the loop's body is at work.
  const onStop = (): void => {
    const closed = close();
    ending.add(closed);
    void closed.finally(() => ending.delete(closed));
    wake();
  };
  stop.addEventListener("abort", onStop, { once: true });
  try {
    stop.throwIfAborted();
    await unlessAborted(channel.prefetch(prefetch), stop);
    const consuming = channel.consume(queue, (message) => {
      // The broker's way to say that it does not serve this consumer any more.
      if (message === null) isCancelled = true;
      else waiting.push(message);
      wake();
    });
    await unlessAborted(consuming, stop);
    for (;;) {
      if (stop.aborted) return undefined;
      // What waits here has gone back to the queue, too.
      if (!isOpen()) return lost(queue, cause());
      if (isCancelled) {
        await unlessAborted(requireQueue(connection, queue), stop);
        return busConnectionLost(
          queue,
          new Error("the broker has cancelled the consumer, and the queue is still there"),
        );
      }
      const message = waiting.shift();
      if (message !== undefined) {
        const delivery = deliveryOf(watched, queue, message, log);
        if (delivery === undefined) continue;
        waits.reset();
        yield delivery;
        continue;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
    }
  } catch (error) {
    if (stop.aborted) throw error;
    return isFirstlightError(error) ? lostBy(error) : lost(queue, codeOf(cause()) === undefined ? error : cause());
  } finally {
    stop.removeEventListener("abort", onStop);
    await close();
  }
}

/** A broker may be silent for long: a channel that comes after the signal is closed again. */
async function openChannel(connection: ChannelModel, stop: AbortSignal): Promise<AmqpChannel<Channel>> {
  const opening = connection.createChannel().then(watchChannel);
  try {
    return await unlessAborted(opening, stop);
  } catch (error) {
    opening.then(({ close }) => close()).catch(() => {});
    throw error;
  }
}

/** The error of a channel that ended by itself; thrown where another one would end the same way. */
function lost(queue: string, cause: unknown): unknown {
  if (codeOf(cause) === replyCodes.notFound) throw busQueueMissing(queue, cause);
  if (codeOf(cause) === replyCodes.accessRefused) throw busAccessRefused(`consume from the queue ${queue}`, cause);
  return busConnectionLost(queue, cause);
}

/** Consumers are cancelled when their queue is deleted, and also when the node that keeps it goes. */
async function requireQueue(connection: ChannelModel, queue: string): Promise<void> {
  const { channel, close } = watchChannel(await connection.createChannel());
  try {
    await channel.checkQueue(queue);
  } catch (error) {
    throw codeOf(error) === replyCodes.notFound ? busQueueMissing(queue, error) : error;
  } finally {
    await close();
  }
}

/** Undefined for a message that is no JSON object: nobody here could ever take it, so it is refused and said. */
function deliveryOf(
  { channel, isOpen }: AmqpChannel<Channel>,
  queue: string,
  message: ConsumeMessage,
  log: Logger = silentLogger,
): Delivery | undefined {
  const { routingKey, redelivered } = message.fields;
  const givenId: unknown = message.properties.messageId;
  const headers: Readonly<Record<string, unknown>> = message.properties.headers ?? {};
  const body = parseBody(message.content.toString("utf8"));
  if (body === undefined) {
    const messageId = String(givenId ?? "");
    log.error(
      `Refused the message ${messageId} of ${queue}: its body is no JSON object. It is among the dead letters of the queue, or lost where that has none.`,
      { queue, messageId },
    );
    channel.reject(message, false);
    return undefined;
  }
  // Python's producers give none.
  const messageId = givenId === undefined ? messageIdOf(routingKey, body) : String(givenId);
  let isSettled = false;
  const settle = async (how: () => void): Promise<void> => {
    // A second settling would make the broker close the channel, and all that it holds come again.
    if (isSettled || !isOpen()) throw busDeliveryExpired(queue, messageId);
    isSettled = true;
    try {
      how();
    } catch (error) {
      log.warning(`Could not settle the message ${messageId} of ${queue}: ${messageOf(error)}`);
      throw busDeliveryExpired(queue, messageId);
    }
  };
  return {
    body,
    messageId,
    routingKey,
    redelivered,
    deliveries: deliveriesOf(headers["x-delivery-count"], redelivered),
    headers,
    ack: () => settle(() => channel.ack(message)),
    reject: (options) => settle(() => channel.reject(message, options?.requeue === true)),
  };
}

/** A quorum queue says how often it has had the message back, from the first time on. */
function deliveriesOf(returned: unknown, redelivered: boolean): number | undefined {
  if (typeof returned === "number") return returned + 1;
  return redelivered ? undefined : 1;
}
