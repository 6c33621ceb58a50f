import { isFirstlightError } from "../core/errors.ts";
import type { Bus, BusMessage } from "./bus.ts";

/**
 * Where messages are kept from before they are published until the bus has taken them: who dies in between leaves them to whoever
 * comes next. It lies beside what the messages tell of, and goes with it: an attempt that is rolled back takes its unpublished
 * messages along.
 */
export interface Outbox {
  /** Keeps messages, durably once it has resolved; one whose id is kept already is kept once. */
  record(messages: readonly BusMessage[]): Promise<void>;
  /** What was recorded and not marked, in the order of recording. */
  pending(): Promise<readonly BusMessage[]>;
  /** These need no publishing any more; ids that are not kept are no error. */
  mark(messageIds: readonly string[]): Promise<void>;
}

const messagesPerStep = 1_000;

/** Records messages, publishes them and marks them, step by step; what an earlier attempt left goes first. */
export async function publishThrough(
  outbox: Outbox,
  bus: Bus,
  messages: Iterable<BusMessage> | AsyncIterable<BusMessage>,
  signal?: AbortSignal,
): Promise<void> {
  await publishPending(outbox, bus, signal);
  let step: BusMessage[] = [];
  const publishStep = async (): Promise<void> => {
    await outbox.record(step);
    await publishAndMark(outbox, bus, step, signal);
    step = [];
  };
  for await (const message of messages) {
    signal?.throwIfAborted();
    if (step.push(message) >= messagesPerStep) await publishStep();
  }
  if (step.length > 0) await publishStep();
}

/** Publishes what was recorded and not marked. */
export async function publishPending(outbox: Outbox, bus: Bus, signal?: AbortSignal): Promise<void> {
  const pending = await outbox.pending();
  for (let start = 0; start < pending.length; start += messagesPerStep) {
    await publishAndMark(outbox, bus, pending.slice(start, start + messagesPerStep), signal);
  }
}

async function publishAndMark(
  outbox: Outbox,
  bus: Bus,
  messages: readonly BusMessage[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const ids = messages.map(({ messageId }) => messageId);
  try {
    await bus.publish(messages, signal);
  } catch (error) {
    // Whoever is told that a message can never go must not meet it again; all else is tried again before the attempt ends.
    const isHopeless = isFirstlightError(error) && error.disposition !== "retry";
    if (isHopeless) await outbox.mark(ids);
    throw error;
  }
  await outbox.mark(ids);
}

/** The bus, but that what it publishes goes through the outbox. Closing it is the bus's own matter. */
export function outboxBus(bus: Bus, outbox: Outbox): Bus {
  const { messages } = bus;
  return {
    name: bus.name,
    declare: (bindings, signal) => bus.declare(bindings, signal),
    publish: (given, signal) => publishThrough(outbox, bus, given, signal),
    consume: (queue, options) => bus.consume(queue, options),
    ...(messages === undefined ? {} : { messages: messages.bind(bus) }),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}
