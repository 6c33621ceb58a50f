import type { PixelArray } from "../core/ndarray.ts";
import { chunkLength, loadChunk, newChunk } from "./chunk.ts";
import type { FramePiece, PieceTaker } from "./files/each-frame.ts";
import { mergedFlags } from "./merged-flags.ts";
import { isWide, type WideSums, wideSums } from "./wide-sums.ts";

/** Sums of what masks do not leave out. */
export interface KeptSums extends PieceTaker {
  readonly sums: Float64Array;
  /** Those of 64-bit integers, where there were any. */
  wide(): WideSums | undefined;
  /** How many values each sum is of. */
  readonly counts: Uint32Array;
  variances(): Float64Array | undefined;
  flags(): Uint32Array | undefined;
}

export function keptSums(size: number, leaveOut: number): KeptSums {
  const [sums, counts] = [new Float64Array(size), new Uint32Array(size)];
  const merged = mergedFlags(size, leaveOut);
  let variances: Float64Array | undefined;
  let wide: WideSums | undefined;
  return {
    sums,
    counts,
    wide: () => wide,
    variances: () => variances,
    flags: merged.flags,
    take({ start, image, mask, variance }: FramePiece) {
      merged.take(mask, start, image.length);
      if (isWide(image)) {
        wide ??= wideSums(size);
        wide.add(image, start, mask, leaveOut);
      } else addKept(sums, image, mask, leaveOut, start);
      for (let i = 0, at = start; i < image.length; i += 1, at += 1) {
        if ((Number(mask?.[i] ?? 0) & leaveOut) === 0) counts[at] = (counts[at] as number) + 1;
      }
      if (variance === undefined) return;
      variances ??= new Float64Array(size);
      addKept(variances, variance, mask, leaveOut, start);
    },
  };
}

/** Adds the pixels that their mask does not leave out to the sums from `at` on. */
export function addKept(
  sums: Float64Array,
  pixels: PixelArray,
  mask: PixelArray | undefined,
  leaveOut: number,
  at: number,
): void {
  const chunk = newChunk();
  for (let start = 0; start < pixels.length; start += chunkLength) {
    const count = loadChunk(pixels, start, chunk);
    for (let i = 0, to = at + start; i < count; i += 1, to += 1) {
      if ((Number(mask?.[start + i] ?? 0) & leaveOut) === 0) sums[to] = (sums[to] as number) + (chunk[i] as number);
    }
  }
}
