import type { BusMessage } from "../bus.ts";

/** Where the messages of a publish come from, asked for one at a time and never waited for. */
export interface MessageSource {
  isOver(): boolean;
  /** The next message; undefined where there is none now, and `onArrival` is called once there is one, or none any more. */
  take(onArrival: () => void): BusMessage | undefined;
  /** Lets go of a source that was not asked to its end. */
  close(): void;
}

export function messageSource(messages: Iterable<BusMessage> | AsyncIterable<BusMessage>): MessageSource {
  const iterator = Symbol.asyncIterator in messages ? messages[Symbol.asyncIterator]() : messages[Symbol.iterator]();
  let isOver = false;
  let isAsked = false;
  let arrived: BusMessage | undefined;
  let failure: { readonly error: unknown } | undefined;
  let arrival = (): void => {};

  const accept = ({ done, value }: IteratorResult<BusMessage, unknown>): BusMessage | undefined => {
    if (done === true) isOver = true;
    // Undefined is none here; what is no message is refused where it would be sent.
    return done === true ? undefined : ((value ?? null) as BusMessage);
  };
  const fail = (error: unknown): void => {
    isOver = true;
    failure = { error };
  };

  return {
    isOver: () => isOver && failure === undefined,
    take(onArrival) {
      arrival = onArrival;
      if (failure !== undefined) {
        const { error } = failure;
        failure = undefined;
        throw error;
      }
      if (arrived !== undefined) {
        const message = arrived;
        arrived = undefined;
        return message;
      }
      if (isAsked || isOver) return undefined;
      const result = next(iterator, fail);
      if (result === undefined) return this.take(onArrival);
      if (!(result instanceof Promise)) return accept(result);
      isAsked = true;
      result
        .then((answer) => {
          arrived = accept(answer);
        }, fail)
        .finally(() => {
          isAsked = false;
          arrival();
        });
      return undefined;
    },
    close() {
      if (isOver) return;
      isOver = true;
      // One that waits for something returns when it has it: nobody waits for that.
      Promise.resolve(iterator.return?.()).catch(() => undefined);
    },
  };
}

type Answer = IteratorResult<BusMessage, unknown>;

function next(
  iterator: Iterator<BusMessage> | AsyncIterator<BusMessage>,
  fail: (error: unknown) => void,
): Answer | Promise<Answer> | undefined {
  try {
    return iterator.next();
  } catch (error) {
    fail(error);
    return undefined;
  }
}
