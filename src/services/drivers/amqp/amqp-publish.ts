import { setImmediate as turn } from "node:timers/promises";
import type { ConfirmChannel, Message, Options } from "amqplib";
import { codeOf, isFirstlightError, messageOf } from "../../../core/errors.ts";
import { type Logger, silentLogger } from "../../../core/log.ts";
import type { Backoff } from "../../../core/retry.ts";
import { traceHeaders } from "../../../core/trace-context.ts";
import type { BusMessage } from "../../bus.ts";
import { requireMessage } from "../bus-arguments.ts";
import {
  busAccessRefused,
  busExchangeMissing,
  busMessageRefused,
  busNotConfirmed,
  busPublishingLost,
  busUnroutable,
} from "../bus-errors.ts";
import { type MessageSource, messageSource } from "../message-source.ts";
import { type AmqpChannel, replyCodes } from "./amqp-channel.ts";

export interface AmqpPublishOptions {
  readonly exchange: string;
  /** The channel of now: after one was lost, another one. */
  readonly open: () => Promise<AmqpChannel<ConfirmChannel>>;
  /** Whether the broker has the exchange now. */
  readonly hasExchange: () => Promise<boolean>;
  readonly waits: Backoff;
  readonly signal: AbortSignal | undefined;
  /** Called at every message that the broker has confirmed. */
  readonly onConfirmed: () => void;
  readonly log?: Logger;
  /** After so long without a confirmation it is said, and again after twice as long each time. Default 10 000. */
  readonly silenceMs?: number;
}

/** As many messages and bytes are under way unconfirmed. The broker writes to its disk what has come when it has nothing else to do. */
const windowMessages = 2048;
const windowBytes = 16 * 2 ** 20;
/** amqplib writes when the event loop comes round: the broker begins with so many while the next are made. */
const messagesPerTurn = 32;

/** A message as it goes out, and again with the same bytes and id where the broker has not confirmed it. */
interface Letter {
  readonly message: BusMessage;
  readonly content: Buffer;
  readonly properties: Options.Publish;
}

/** Publishes over one channel after another, until the broker has confirmed all. */
export async function publishAmqp(
  messages: Iterable<BusMessage> | AsyncIterable<BusMessage>,
  options: AmqpPublishOptions,
): Promise<void> {
  const { open, waits, signal } = options;
  const source = messageSource(messages);
  /** In the order in which they came. */
  const unconfirmed = new Set<Letter>();
  try {
    for (;;) {
      const lost = await open().then(
        (channel) => publishOver(channel, source, unconfirmed, options),
        (error: unknown) => {
          signal?.throwIfAborted();
          if (isFirstlightError(error)) throw error;
          return { cause: error };
        },
      );
      if (lost === undefined) return;
      await requireExchangeBehind(lost.cause, unconfirmed.size, options);
      const [first] = unconfirmed;
      await waits.wait(
        first === undefined
          ? busPublishingLost(lost.cause)
          : busNotConfirmed(first.message, unconfirmed.size, lost.cause),
      );
    }
  } finally {
    source.close();
  }
}

/** Undefined once all is confirmed; why it has to go on over another channel, else. Throws what another channel could not mend. */
async function publishOver(
  { channel, isOpen, cause, onClosed }: AmqpChannel<ConfirmChannel>,
  source: MessageSource,
  unconfirmed: Set<Letter>,
  { exchange, waits, signal, onConfirmed, log = silentLogger, silenceMs = 10_000 }: AmqpPublishOptions,
): Promise<{ readonly cause: unknown } | undefined> {
  const again = [...unconfirmed];
  const returned = new Set<string>();
  let [underWay, bytesUnderWay] = [0, 0];
  let sentInTurn = 0;
  let refused: unknown;
  let nacked: unknown;
  let isOver = false;
  let wake = (): void => {};
  // The channel is that of every publish of this bus, so another one's message may come back with the same id.
  const onReturn = ({ fields, properties }: Message): void => {
    returned.add(addressOf(String(properties.messageId), fields.routingKey));
  };
  const onAbort = (): void => wake();
  const silence = silenceWatch(silenceMs, (waitedMs) => {
    const [first] = unconfirmed;
    if (underWay === 0 || first === undefined) return;
    const { queue, routingKey } = first.message.binding;
    log.warning(
      `The bus has confirmed none of ${underWay} messages for ${waitedMs / 1000} s, the first being for the queue ${queue} (${routingKey}) of the exchange ${exchange}. Publishing waits; look there whether the queue has a leader and enough members, and at the alarms of memory and disk`,
      { exchange, queue, routingKey, unconfirmed: underWay },
    );
  });

  const settle = (letter: Letter, error: unknown): void => {
    if (isOver) return;
    silence.reset();
    underWay -= 1;
    bytesUnderWay -= letter.content.length;
    if (error === null || error === undefined) {
      unconfirmed.delete(letter);
      // The broker returns what it cannot route before it confirms it.
      const { messageId, binding } = letter.message;
      const isReturned = returned.size > 0 && returned.delete(addressOf(messageId, binding.routingKey));
      if (isReturned) refused ??= busUnroutable(letter.message);
      waits.reset();
      onConfirmed();
    } else if (isOpen()) nacked ??= error;
    wake();
  };
  const send = (letter: Letter): void => {
    const { message, content, properties } = letter;
    try {
      channel.publish(exchange, message.binding.routingKey, content, properties, (error) => settle(letter, error));
    } catch (error) {
      // A channel at its end takes nothing either, and that is not the message's fault.
      if (isIllegalNow(error)) nacked ??= error;
      else refused ??= busMessageRefused(message, messageOf(error), error);
      return;
    }
    if (underWay === 0) silence.reset();
    sentInTurn += 1;
    underWay += 1;
    bytesUnderWay += content.length;
  };

  channel.on("return", onReturn);
  signal?.addEventListener("abort", onAbort, { once: true });
  const forget = onClosed(() => wake());
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (!isOpen()) {
        if (refused !== undefined) throw refused;
        const why = cause();
        throwRefusal(why, unconfirmed, exchange);
        return { cause: why ?? nacked ?? new Error("the connection was lost") };
      }
      if (sentInTurn >= messagesPerTurn) {
        sentInTurn = 0;
        await turn();
        continue;
      }
      const isStopping = refused !== undefined || nacked !== undefined;
      const hasRoom = underWay === 0 || (underWay < windowMessages && bytesUnderWay < windowBytes);
      if (!isStopping && hasRoom && again.length > 0) {
        const letter = again.shift();
        if (letter !== undefined) send(letter);
        continue;
      }
      if (!isStopping && hasRoom && !source.isOver()) {
        const message = source.take(() => wake());
        if (message !== undefined) {
          const letter = letterOf(message);
          unconfirmed.add(letter);
          send(letter);
          continue;
        }
      }
      if (underWay === 0 && (isStopping || source.isOver())) {
        if (refused !== undefined) throw refused;
        return nacked === undefined ? undefined : { cause: nacked };
      }
      sentInTurn = 0;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
    }
  } finally {
    isOver = true;
    silence.end();
    // The channel outlives this publish, and so would all that its listener holds.
    forget();
    channel.off("return", onReturn);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Calls back after `firstMs` of silence, and again after twice as long each time, until it is reset or ended. */
function silenceWatch(firstMs: number, onSilence: (waitedMs: number) => void) {
  let since = performance.now();
  let nextMs = firstMs;
  // One timer, however many confirmations come: it looks how long ago the last one was.
  let timer: NodeJS.Timeout;
  const look = (): void => {
    const leftMs = nextMs - (performance.now() - since);
    if (leftMs <= 0) {
      onSilence(nextMs);
      nextMs *= 2;
    }
    timer = setTimeout(look, Math.max(1, nextMs - (performance.now() - since)));
  };
  timer = setTimeout(look, firstMs);
  return {
    reset(): void {
      since = performance.now();
      nextMs = firstMs;
    },
    end: (): void => clearTimeout(timer),
  };
}

function addressOf(messageId: string, routingKey: string): string {
  return JSON.stringify([messageId, routingKey]);
}

/** What amqplib throws on a channel or connection that is closed or closing. */
function isIllegalNow(error: unknown): boolean {
  return error instanceof Error && error.name === "IllegalOperationError";
}

/**
 * A missing exchange closes the channel, with all that is under way on it. It may be there by now: another publish of this bus, which
 * shares the channel, or whoever declares it, may have been a little too early or late.
 */
async function requireExchangeBehind(
  cause: unknown,
  count: number,
  { exchange, hasExchange }: AmqpPublishOptions,
): Promise<void> {
  if (codeOf(cause) !== replyCodes.notFound || count === 0) return;
  // A broker that cannot be asked is looked for as any that was lost.
  if (!(await hasExchange().catch(() => true))) throw busExchangeMissing(exchange, count, cause);
}

/** Throws where the broker has closed the channel because of what was published. */
function throwRefusal(cause: unknown, unconfirmed: ReadonlySet<Letter>, exchange: string): void {
  const [first] = unconfirmed;
  if (first === undefined) return;
  const code = codeOf(cause);
  if (code === replyCodes.accessRefused) throw busAccessRefused(`publish to the exchange ${exchange}`, cause);
  if (code !== replyCodes.preconditionFailed) return;
  // It does not say which: what it refuses is the size.
  const [largest = first] = [...unconfirmed].sort((a, b) => b.content.length - a.content.length);
  const limit = sizeLimitOf(cause);
  // Another publish of this bus, which shares the channel, has sent what was too large.
  if (limit !== undefined && largest.content.length <= limit) return;
  const reason =
    limit === undefined
      ? messageOf(cause)
      : `its ${largest.content.length} bytes are more than the ${limit} that the broker takes (max_message_size)`;
  throw busMessageRefused(largest.message, reason, cause);
}

/** In bytes, as RabbitMQ says it: `message size 1000021 is larger than configured max size 1000000`. */
function sizeLimitOf(cause: unknown): number | undefined {
  const [, limit] = /message size \d+ is larger than (?:configured )?max size (\d+)/.exec(messageOf(cause)) ?? [];
  return limit === undefined ? undefined : Number(limit);
}

function letterOf(message: BusMessage): Letter {
  return {
    message,
    content: Buffer.from(requireMessage(message)),
    properties: {
      persistent: true,
      mandatory: true,
      contentType: "text/plain",
      contentEncoding: "UTF-8",
      priority: 0,
      messageId: message.messageId,
      headers: { ...traceHeaders(), ...message.headers },
    },
  };
}
