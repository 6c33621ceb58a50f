import { borrowKernels } from "./kernels.ts";

/** The ones'-complement sums of big-endian words of 32 bits (FITS 4.0 appendix J). */
export interface WordSummer extends Disposable {
  /** Memory whose bytes are summed without a copy, a whole number of words. */
  readonly memory: Uint8Array<ArrayBuffer>;
  /** The sum of bytes and what came before them. A last word that is not whole counts as filled with zeros. */
  add(bytes: Uint8Array, start: number): number;
}

/** The second-level cache holds as much. */
const portionBytes = 2 ** 18;

/** @param sizeBytes of `memory` */
export function wordSummer(sizeBytes: number = portionBytes): WordSummer {
  const kernels = borrowKernels();
  const [at = 0] = kernels.regions([sizeBytes]);
  const memory = kernels.bytes(at, sizeBytes);
  const sumAt = (length: number, sum: number): number => {
    memory.fill(0, length, Math.ceil(length / 4) * 4);
    const more = kernels.run.sumWords(at, Math.ceil(length / 4)) >>> 0;
    const both = sum + more;
    return both > 0xffffffff ? both - 0xffffffff : both;
  };
  return {
    memory,
    add(bytes, start) {
      // A sum of sums may come in.
      let sum = start > 0xffffffff ? start - 0xffffffff : start;
      if (bytes.buffer === memory.buffer && bytes.byteOffset === at) return sumAt(bytes.length, sum);
      for (let done = 0; done < bytes.length; done += memory.length) {
        const part = bytes.subarray(done, done + memory.length);
        memory.set(part);
        sum = sumAt(part.length, sum);
      }
      return sum;
    },
    [Symbol.dispose]: () => kernels[Symbol.dispose](),
  };
}
