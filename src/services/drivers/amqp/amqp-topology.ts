import type { Channel, ChannelModel } from "amqplib";
import { codeOf, FirstlightError, isFirstlightError, messageOf } from "../../../core/errors.ts";
import { type Logger, silentLogger } from "../../../core/log.ts";
import type { QueueBinding } from "../../bus.ts";
import { busAccessRefused } from "../bus-errors.ts";
import { replyCodes, watchChannel } from "./amqp-channel.ts";

export interface AmqpTopologyOptions {
  /** A durable direct exchange. */
  readonly exchange: string;
  readonly queueType: "classic" | "quorum";
  readonly log?: Logger;
}

/** What was declared, so that it can be declared again on a broker that came back without it. */
export interface AmqpTopology {
  /** Throws `BUS_TOPOLOGY_CONFLICT`, `BUS_ACCESS_REFUSED`, and what amqplib throws when the connection is lost. */
  declare(connection: ChannelModel, bindings: readonly QueueBinding[]): Promise<void>;
  /**
   * Declares it again. What does not fit any more is logged: messages that it would have taken are refused one by one. What the
   * broker cannot declare for now is thrown, once all else is declared.
   */
  restore(connection: ChannelModel): Promise<void>;
}

export function amqpTopology(options: AmqpTopologyOptions): AmqpTopology {
  const { exchange, log = silentLogger } = options;
  const declared = new Map<string, QueueBinding>();
  let isDeclared = false;

  const declareAll = async (connection: ChannelModel, bindings: readonly QueueBinding[]): Promise<void> => {
    // A conflict closes the channel that met it, so it must not be the publisher's.
    const { channel, close } = watchChannel(await connection.createChannel());
    let what = `exchange ${exchange}`;
    try {
      await channel.assertExchange(exchange, "direct", { durable: true });
      for (const binding of bindings) {
        const { deadLetter } = binding;
        if (deadLetter !== undefined) {
          what = `queue ${deadLetter.queue}`;
          await declareQueue(channel, deadLetter, options);
        }
        what = `queue ${binding.queue}`;
        await declareQueue(channel, binding, options);
      }
    } catch (error) {
      throw refusalOf(error, what);
    } finally {
      await close();
    }
  };

  return {
    async declare(connection, bindings) {
      await declareAll(connection, bindings);
      isDeclared = true;
      for (const binding of bindings) declared.set(`${binding.routingKey}\n${binding.queue}`, binding);
    },
    async restore(connection) {
      if (!isDeclared) return;
      const undeclared: unknown[] = [];
      // Each by itself: one that the broker refuses would keep those after it from being declared.
      for (const bindings of [[], ...[...declared.values()].map((binding) => [binding])]) {
        await declareAll(connection, bindings).catch((error: unknown) => {
          if (!isFirstlightError(error) && !isRefusal(error)) throw error;
          log.warning(`What was declared on the bus could not be declared again: ${messageOf(error)}`);
          if (!isFirstlightError(error)) undeclared.push(error);
        });
      }
      if (undeclared.length > 0) throw undeclared[0];
    },
  };
}

/** Asked over a channel of its own, which the broker's no would close. Throws what amqplib throws when the connection is lost. */
export async function hasExchange(connection: ChannelModel, exchange: string): Promise<boolean> {
  const { channel, close } = watchChannel(await connection.createChannel());
  try {
    await channel.checkExchange(exchange);
    return true;
  } catch (error) {
    if (codeOf(error) === replyCodes.notFound) return false;
    throw error;
  } finally {
    await close();
  }
}

async function declareQueue(
  channel: Channel,
  { queue, routingKey, deadLetter }: QueueBinding,
  { exchange, queueType }: AmqpTopologyOptions,
): Promise<void> {
  await channel.assertQueue(queue, {
    durable: true,
    arguments: {
      "x-queue-type": queueType,
      ...(deadLetter === undefined
        ? {}
        : { "x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": deadLetter.routingKey }),
      // Else a dead letter is lost where the broker dies while it moves it; that needs a queue that refuses rather than drops.
      ...(deadLetter !== undefined && queueType === "quorum"
        ? { "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish" }
        : {}),
    },
  });
  await channel.bindQueue(queue, exchange, routingKey);
}

/** Whether the broker has said no, for which it closes the channel; else the connection was lost. */
export function isRefusal(error: unknown): boolean {
  return typeof codeOf(error) === "number";
}

function refusalOf(error: unknown, what: string): unknown {
  const code = codeOf(error);
  if (code === replyCodes.accessRefused) return busAccessRefused(`declare the ${what}`, error);
  if (code !== replyCodes.preconditionFailed && code !== replyCodes.resourceLocked) return error;
  return new FirstlightError(
    "BUS_TOPOLOGY_CONFLICT",
    `The ${what} is on the bus already, with other properties: ${messageOf(error)}. Set ISB_QUEUE_TYPE and ISB_EXCHANGE as whoever declared it, or delete it.`,
    { disposition: "invalid", fields: { what }, cause: error },
  );
}
