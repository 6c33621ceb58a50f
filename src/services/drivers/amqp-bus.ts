import type { Channel, ConfirmChannel } from "amqplib";
import { FirstlightError, messageOf } from "../../core/errors.ts";
import { formatPythonJson } from "../../core/python-json.ts";
import type { Bus, BusMessage, QueueBinding } from "../bus.ts";
import { type AmqpConnectionOptions, amqpConnection } from "./amqp-connection.ts";
import { consumeAmqp } from "./amqp-consume.ts";
import { busClosed, busUnroutable } from "./bus-errors.ts";

export interface AmqpBusOptions extends AmqpConnectionOptions {
  /** A durable direct exchange. */
  readonly exchange: string;
  readonly queueType: "classic" | "quorum";
}

/** As many messages are under way unconfirmed; beyond some hundreds more of them gain nothing. */
const publishWindow = 512;

/**
 * RabbitMQ, laid out as the Python stack's: one durable direct exchange, durable queues, persistent messages that are JSON
 * in UTF-8 with the content type text/plain. The client is loaded and connected at the first call.
 */
export function amqpBus(options: AmqpBusOptions): Bus {
  const { exchange, queueType } = options;
  const connection = amqpConnection(options);
  const closing = new AbortController();
  const atWork = new Set<Promise<unknown>>();
  let publisher: Promise<ConfirmChannel> | undefined;

  const publisherChannel = async (signal: AbortSignal | undefined): Promise<ConfirmChannel> => {
    await connection.open(signal);
    publisher ??= openPublisher();
    return publisher;
  };
  async function openPublisher(): Promise<ConfirmChannel> {
    const forget = () => {
      publisher = undefined;
    };
    try {
      const channel = await (await connection.open()).createConfirmChannel();
      channel.on("close", forget);
      // A closed channel makes its confirms fail; without a listener the event would end the process.
      channel.on("error", forget);
      return channel;
    } catch (error) {
      forget();
      throw error;
    }
  }

  async function track<T>(work: () => Promise<T>): Promise<T> {
    if (closing.signal.aborted) throw busClosed();
    const running = work();
    atWork.add(running);
    return running.finally(() => atWork.delete(running));
  }

  return {
    name: "amqp",
    declare: (bindings, signal) =>
      track(async () => {
        // A conflict closes the channel that met it, so it must not be the publisher's.
        const channel = await (await connection.open(signal)).createChannel();
        channel.on("error", () => {});
        await declareAll(channel, exchange, queueType, bindings);
        await channel.close();
      }),
    publish: (messages, signal) =>
      track(async () => publishAll(await publisherChannel(signal), exchange, messages, signal)),
    consume: (queue, { prefetch = 10, signal } = {}) =>
      consumeAmqp(
        async (stop) => (closing.signal.aborted ? Promise.reject(busClosed()) : connection.open(stop)),
        queue,
        {
          prefetch,
          stop: signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]),
          log: options.log,
          ending: atWork,
        },
      ),
    async [Symbol.asyncDispose]() {
      closing.abort();
      connection.giveUp();
      await Promise.allSettled(atWork);
      await connection.close();
    },
  };
}

async function declareAll(
  channel: Channel,
  exchange: string,
  queueType: string,
  bindings: readonly QueueBinding[],
): Promise<void> {
  let what = `exchange ${exchange}`;
  try {
    await channel.assertExchange(exchange, "direct", { durable: true });
    for (const { queue, routingKey } of bindings) {
      what = `queue ${queue}`;
      await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": queueType } });
      await channel.bindQueue(queue, exchange, routingKey);
    }
  } catch (error) {
    if (!messageOf(error).includes("PRECONDITION_FAILED")) throw error;
    throw new FirstlightError(
      "BUS_TOPOLOGY_CONFLICT",
      `The ${what} is on the bus already, with other properties: ${messageOf(error)}. Set ISB_QUEUE_TYPE and ISB_EXCHANGE as whoever declared it, or delete it.`,
      { disposition: "invalid", fields: { what }, cause: error },
    );
  }
}

async function publishAll(
  channel: ConfirmChannel,
  exchange: string,
  messages: Iterable<BusMessage> | AsyncIterable<BusMessage>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const returned = new Set<string>();
  const onReturn = ({ properties }: { readonly properties: { readonly messageId?: unknown } }): void => {
    returned.add(String(properties.messageId));
  };
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  channel.on("return", onReturn);
  try {
    for await (const message of messages) {
      if (failures.length > 0 || signal?.aborted === true) break;
      // The broker returns what it cannot route before it confirms it.
      const confirmed = confirm(channel, exchange, message).then(() => {
        if (returned.has(message.messageId)) throw busUnroutable(message);
      });
      const settled = confirmed
        .catch((error: unknown) => void failures.push(error))
        .finally(() => underWay.delete(settled));
      underWay.add(settled);
      if (underWay.size >= publishWindow) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  } finally {
    channel.off("return", onReturn);
  }
  if (failures.length > 0) throw failures[0];
  signal?.throwIfAborted();
}

function confirm(channel: ConfirmChannel, exchange: string, message: BusMessage): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const lost = (error: unknown): void => reject(notConfirmed(message, error));
  try {
    channel.publish(
      exchange,
      message.binding.routingKey,
      Buffer.from(formatPythonJson(message.body)),
      {
        persistent: true,
        mandatory: true,
        contentType: "text/plain",
        contentEncoding: "UTF-8",
        priority: 0,
        messageId: message.messageId,
        headers: message.headers ?? {},
      },
      (error: unknown) => (error === null || error === undefined ? resolve() : lost(error)),
    );
  } catch (error) {
    lost(error);
  }
  return promise;
}

function notConfirmed({ messageId, binding }: BusMessage, cause: unknown): FirstlightError {
  return new FirstlightError(
    "BUS_NOT_CONFIRMED",
    `The bus has not confirmed the message ${messageId} (${binding.routingKey}): ${messageOf(cause)}. Publish it again: its id stays the same.`,
    { disposition: "retry", fields: { messageId, routingKey: binding.routingKey }, cause },
  );
}
