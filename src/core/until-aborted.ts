import { unlessAborted } from "./retry.ts";

/** What a source gives; where it gives nothing, perhaps for ever, the signal ends the wait for it, and its reason is thrown. */
export function untilAborted<T>(
  source: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal | undefined,
): Iterable<T> | AsyncIterable<T> {
  return signal === undefined || !(Symbol.asyncIterator in source) ? source : pulled(source, signal);
}

async function* pulled<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
  const iterator: AsyncIterator<T, unknown> = source[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      const answer = await unlessAborted(iterator.next(), signal);
      isOver = answer.done === true;
      if (answer.done === true) return;
      yield answer.value;
    }
  } catch (error) {
    // One that has thrown has ended by itself.
    isOver ||= !signal.aborted;
    throw error;
  } finally {
    const returned = isOver ? undefined : Promise.resolve(iterator.return?.());
    returned?.catch(() => {});
    // One that waits for something returns when it has it: nobody waits for that.
    if (!signal.aborted) await returned;
  }
}
