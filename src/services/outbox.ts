import { isFirstlightError } from "../core/errors.ts";
import { untilAborted } from "../core/until-aborted.ts";
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
  /** These need no publishing any more; ids that are not kept are no error. Others may be recorded at the same time. */
  mark(messageIds: readonly string[]): Promise<void>;
}

const messagesPerStep = 1_000;
/** The next has twice as many, and so on: the bus is not to wait for a thousand to be recorded. */
const messagesInFirstStep = 125;

/**
 * Records messages, publishes them and marks them, step by step; what an earlier attempt left goes first. A step is recorded while the one
 * before it is under way, goes out once all of that one has arrived, and is marked while the next one is under way: messages arrive in
 * their order, and behind a step that failed nothing goes out. Where it throws, what was recorded and is not known to have left stays in
 * the outbox, but for messages that the error says can never go.
 */
export async function publishThrough(
  outbox: Outbox,
  bus: Bus,
  messages: Iterable<BusMessage> | AsyncIterable<BusMessage>,
  signal?: AbortSignal,
): Promise<void> {
  await publishPending(outbox, bus, signal);
  /** Two at most, the older first. */
  const underWay: Step[] = [];
  let size = messagesInFirstStep;
  let collected: BusMessage[] = [];
  const publishStep = async (): Promise<void> => {
    const step = collected;
    collected = [];
    size = Math.min(2 * size, messagesPerStep);
    await outbox.record(step);
    const before = underWay.at(-1);
    // Both at once would go out mixed after a connection was lost.
    await before?.arrived;
    underWay.push(publishStepOf(outbox, bus, step, signal));
    if (before === undefined) return;
    await before.marked;
    underWay.shift();
  };
  try {
    for await (const message of untilAborted(messages, signal)) {
      signal?.throwIfAborted();
      if (collected.push(message) >= size) await publishStep();
    }
    if (collected.length > 0) await publishStep();
  } finally {
    // What is under way comes to its end, whatever else went wrong, and what went wrong with it came first.
    const ends = underWay.map(({ marked }) => marked);
    await Promise.allSettled(ends);
    await Promise.all(ends);
  }
}

/** Messages on their way: when all of them have arrived, and when the outbox knows it. */
interface Step {
  readonly arrived: Promise<void>;
  readonly marked: Promise<void>;
}

/** Publishes what was recorded and not marked. */
export async function publishPending(outbox: Outbox, bus: Bus, signal?: AbortSignal): Promise<void> {
  const pending = await outbox.pending();
  for (let start = 0; start < pending.length; start += messagesPerStep) {
    await publishStepOf(outbox, bus, pending.slice(start, start + messagesPerStep), signal).marked;
  }
}

function publishStepOf(
  outbox: Outbox,
  bus: Bus,
  messages: readonly BusMessage[],
  signal: AbortSignal | undefined,
): Step {
  const arrived = bus.publish(messages, signal).catch(async (error: unknown) => {
    // Whoever is told that a message can never go must not meet it again. It alone: none of the others is known to have left.
    await outbox.mark(idsOf(messages.filter((message) => isHopeless(message, error))));
    throw error;
  });
  const marked = arrived.then(() => outbox.mark(idsOf(messages)));
  // Whoever waits for it does so later.
  marked.catch(() => {});
  return { arrived, marked };
}

/** What no bus takes whatever becomes of the broker, and what no queue is there for; the error names it by its id. */
const hopeless: ReadonlySet<unknown> = new Set([
  "BUS_ARGUMENT_INVALID",
  "BUS_MESSAGE_REFUSED",
  "BUS_UNROUTABLE",
  "JSON_INVALID",
]);

function isHopeless({ messageId }: BusMessage, error: unknown): boolean {
  return isFirstlightError(error) && hopeless.has(error.code) && error.fields.messageId === messageId;
}

function idsOf(messages: readonly BusMessage[]): readonly string[] {
  return messages.map(({ messageId }) => messageId);
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
