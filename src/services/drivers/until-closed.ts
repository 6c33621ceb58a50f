import { busClosed } from "./bus-errors.ts";

/** A source that gives its messages one after the other does so within this. */
const patienceMs = 1000;

/**
 * What a source gives; once the bus is being closed it is not waited for as long as it likes: one that has given nothing for a while
 * ends, perhaps it never will.
 *
 * @throws FirstlightError SERVICE_CLOSED where it was given up
 */
export function untilClosed<T>(
  source: Iterable<T> | AsyncIterable<T>,
  closing: AbortSignal,
): Iterable<T> | AsyncIterable<T> {
  if (!(Symbol.asyncIterator in source)) return source;
  return {
    [Symbol.asyncIterator]() {
      const iterator: AsyncIterator<T, unknown> = source[Symbol.asyncIterator]();
      const letGo = (): void => {
        // One that waits for something returns when it has it: nobody waits for that.
        Promise.resolve(iterator.return?.()).catch(() => {});
      };
      return {
        next: () => answerOf(iterator, closing, letGo),
        async return() {
          letGo();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

async function answerOf<T>(
  iterator: AsyncIterator<T, unknown>,
  closing: AbortSignal,
  letGo: () => void,
): Promise<IteratorResult<T, unknown>> {
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onClosing = (): void => {
    timer = setTimeout(() => {
      reject(busClosed());
      letGo();
    }, patienceMs);
  };
  if (closing.aborted) onClosing();
  else closing.addEventListener("abort", onClosing, { once: true });
  try {
    return await Promise.race([iterator.next(), givenUp]);
  } finally {
    clearTimeout(timer);
    closing.removeEventListener("abort", onClosing);
  }
}
