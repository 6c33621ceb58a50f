import { type Kernels, openKernels } from "./kernels.ts";

/** Finds what records of a header say other than those of one before, which most headers share. */
export interface WordComparer {
  /**
   * The places and words that differ, in pairs. `undefined` where a record has another name, and where so much differs that the words
   * themselves take no more room.
   *
   * @param words at least as many as `before`
   * @param before whole records, which nobody changes any more
   */
  changes(words: Int32Array, before: Int32Array): Int32Array | undefined;
}

const wordBytes = Int32Array.BYTES_PER_ELEMENT;
const wordsPerRecord = 20;

/** Costs nothing until it is used. */
export function wordComparer(): WordComparer {
  let kernels: Kernels | undefined;
  let [wordsAt, beforeAt, pairsAt, roomWords] = [0, 0, 0, 0];
  let memory = new Int32Array(0);
  /** Whose words lie there: one is compared with many. */
  let lying: Int32Array | undefined;
  const makeRoom = (length: number): Kernels => {
    kernels ??= openKernels();
    if (length <= roomWords) return kernels;
    const sizes = [length, length, 2 * length].map((words) => words * wordBytes);
    [wordsAt = 0, beforeAt = 0, pairsAt = 0] = kernels.regions(sizes).map((place) => place / wordBytes);
    memory = new Int32Array(kernels.run.memory.buffer);
    lying = undefined;
    roomWords = length;
    return kernels;
  };
  return {
    changes(words, before) {
      const { length } = before;
      const { run } = makeRoom(length);
      memory.set(words.subarray(0, length), wordsAt);
      if (lying !== before) memory.set(before, beforeAt);
      lying = before;
      const records = length / wordsPerRecord;
      const count = run.wordChanges(wordsAt * wordBytes, beforeAt * wordBytes, records, pairsAt * wordBytes);
      return count < 0 || count > length ? undefined : memory.slice(pairsAt, pairsAt + count);
    },
  };
}
