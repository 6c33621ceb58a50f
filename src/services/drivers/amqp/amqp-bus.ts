import type { ConfirmChannel } from "amqplib";
import { isFirstlightError, messageOf } from "../../../core/errors.ts";
import { silentLogger } from "../../../core/log.ts";
import { requireObject, requireRetry, requireSignal, requireText } from "../../../core/require-option.ts";
import { type Backoff, backoff, retry, unlessAborted } from "../../../core/retry.ts";
import type { Bus } from "../../bus.ts";
import { requireBindings, requireExchange, requireMessages } from "../bus-arguments.ts";
import { busClosed, busDeclaringLost, closedQueue } from "../bus-errors.ts";
import { untilClosed } from "../until-closed.ts";
import { type AmqpChannel, afterGoodbye, watchChannel } from "./amqp-channel.ts";
import type { AmqpConnectionOptions } from "./amqp-connect.ts";
import { amqpConnection } from "./amqp-connection.ts";
import { consumeAmqp } from "./amqp-consume.ts";
import { publishAmqp } from "./amqp-publish.ts";
import { type AmqpTopologyOptions, amqpTopology, hasExchange, isRefusal } from "./amqp-topology.ts";

export interface AmqpBusOptions extends AmqpConnectionOptions, AmqpTopologyOptions {}

/** A closing bus waits for a broker that confirms nothing no longer than this. */
const drainTimeoutMs = 30_000;

/**
 * RabbitMQ, laid out as the Python stack's: one durable direct exchange, durable queues, persistent messages that are JSON
 * in UTF-8 with the content type text/plain. The client is loaded and connected at the first call.
 */
export function amqpBus(options: AmqpBusOptions): Bus {
  requireObject("options of amqpBus", options);
  const { exchange, log = silentLogger } = options;
  requireText("username (ISB_USERNAME)", options.username);
  requireRetry(options.retry);
  const topology = amqpTopology(options);
  const closing = new AbortController();
  const overdue = afterGoodbye(closing.signal);
  const life = { restore: topology.restore, closing: closing.signal, overdue };
  const named = (use: string) =>
    options.clientName === undefined ? options : { ...options, clientName: `${options.clientName} ${use}` };
  const publishing = amqpConnection(named("publish"), life);
  // A broker short of memory or disk stops reading a connection that has published, acknowledgements too: over the same one the
  // queue that fills it could not be emptied.
  const consuming = amqpConnection(named("consume"), {
    ...life,
    // A queue may be consumed while another one is down; one that is not there is told of by itself.
    restore: (model) =>
      topology.restore(model).catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
      }),
  });
  const atWork = new Set<Promise<unknown>>();
  let publisher: Promise<AmqpChannel<ConfirmChannel>> | undefined;
  let confirmed = 0;

  /** Logged waits between tries, which the signals, the bus's end and the retries' own signal cut short. */
  const retries = (what: string, signal: AbortSignal | undefined) => ({
    ...options.retry,
    signal: AbortSignal.any([closing.signal, ...[signal, options.retry.signal].filter((one) => one !== undefined)]),
    onWait: (wait: Parameters<NonNullable<typeof options.retry.onWait>>[0]) => {
      const seconds = wait.delaySeconds.toFixed(1);
      log.warning(
        `${what} over the bus at ${publishing.address} was cut off (${messageOf(wait.error)}); going on in ${seconds} s`,
        {
          attempt: wait.attempt,
        },
      );
      options.retry.onWait?.(wait);
    },
  });
  /** The bus's end is no reason by itself: what it left undone is. */
  const waitsOf = (what: string, signal: AbortSignal | undefined): Backoff => {
    const { wait, reset } = backoff(retries(what, signal));
    return {
      reset,
      wait: (error) =>
        wait(error).catch((thrown: unknown) => {
          signal?.throwIfAborted();
          options.retry.signal?.throwIfAborted();
          throw closing.signal.aborted ? error : thrown;
        }),
    };
  };

  const publisherChannel = async (signal: AbortSignal | undefined): Promise<AmqpChannel<ConfirmChannel>> => {
    const connected = await publishing.open(signal);
    if (publisher === undefined) {
      const opening = connected.createConfirmChannel().then(watchChannel);
      const forget = (): void => {
        if (publisher === opening) publisher = undefined;
      };
      publisher = opening;
      opening.then(({ onClosed }) => onClosed(forget), forget);
    }
    return publisher;
  };

  async function track<T>(work: () => Promise<T>): Promise<T> {
    if (closing.signal.aborted) throw busClosed();
    const running = work();
    atWork.add(running);
    return running.finally(() => atWork.delete(running));
  }

  /** Resolves when all work has ended, or nothing has come of it for too long. */
  async function drain(): Promise<void> {
    const ended = Promise.allSettled(atWork);
    const stalled = Promise.withResolvers<void>();
    let before = confirmed;
    const timer = setInterval(() => {
      if (confirmed === before) stalled.resolve();
      before = confirmed;
    }, drainTimeoutMs);
    await Promise.race([ended, stalled.promise]);
    clearInterval(timer);
  }

  return {
    name: "amqp",
    declare: (bindings, signal) =>
      track(async () => {
        requireExchange(exchange);
        requireBindings(bindings);
        requireSignal(signal);
        const declaring = retry(async () => topology.declare(await publishing.open(signal), bindings), {
          ...retries("Declaring", signal),
          retriable: (error) => !isFirstlightError(error),
        });
        // It can be declared again: unlike what is published, it is not worth a long wait.
        const enough = signal === undefined ? overdue : AbortSignal.any([overdue, signal]);
        await unlessAborted(declaring, enough).catch((error: unknown) => {
          signal?.throwIfAborted();
          options.retry.signal?.throwIfAborted();
          if (closing.signal.aborted) throw busClosed();
          throw isFirstlightError(error) ? error : busDeclaringLost(error);
        });
      }),
    publish: (messages, signal) =>
      track(async () => {
        requireExchange(exchange);
        requireMessages(messages);
        requireSignal(signal);
        await publishAmqp(untilClosed(messages, closing.signal), {
          exchange,
          open: () => unlessAborted(publisherChannel(signal), signal),
          hasExchange: () =>
            unlessAborted(
              publishing.open(signal).then((open) => hasExchange(open, exchange)),
              signal,
            ),
          waits: waitsOf("Publishing", signal),
          signal,
          onConfirmed: () => {
            confirmed += 1;
          },
          log,
        });
      }),
    consume: (queue, how = {}) => {
      requireObject("options of consume", how);
      const { prefetch = 10, signal } = how;
      requireSignal(signal);
      if (closing.signal.aborted) return closedQueue();
      const stop = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]);
      return consumeAmqp({
        queue,
        prefetch,
        stop,
        waits: waitsOf(`Consuming ${queue}`, stop),
        connect: () => (closing.signal.aborted ? Promise.reject(busClosed()) : consuming.open(stop)),
        log,
        ending: atWork,
      });
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await drain();
      await Promise.all([publishing.close(), consuming.close()]);
      // What the drain gave up ends with the connection.
      await Promise.allSettled(atWork);
    },
  };
}
