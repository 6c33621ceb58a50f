/**
 * Waits until another thread has notified a word, which no longer is what was seen, or for so long.
 *
 * `Atomics.waitAsync` by itself keeps no process alive: once all other threads are done with what they had to do, this one would
 * end while it waits.
 */
export async function wordChange(words: Int32Array, index: number, seen: number, mostMs: number): Promise<void> {
  const { async, value } = Atomics.waitAsync(words, index, seen, mostMs);
  if (!async) return;
  const awake = setInterval(() => undefined, mostMs);
  try {
    await value;
  } finally {
    clearInterval(awake);
  }
}
