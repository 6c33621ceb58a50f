import type { NdArray, PixelArray } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import { loadChunk, newChunk } from "./chunk.ts";
import { type FloatArray, newFloats, type Precision } from "./precision.ts";
import type { WideSums } from "./wide-sums.ts";

/** The sums of each pixel over frames, and of their variances. */
export interface PixelSums {
  readonly first: NdArray | Frame;
  readonly shape: readonly number[];
  /** Of what a float64 holds: those of 64-bit integers are in `wide`. */
  readonly sums: Float64Array;
  readonly wide: WideSums | undefined;
  readonly variances: Float64Array | undefined;
  readonly mask: NdArray<Uint32Array> | undefined;
  readonly precision: Precision;
  readonly count: number;
}

/** Adds pixels to their sums. */
export function accumulate(sums: Float64Array, data: PixelArray): void {
  const chunk = newChunk();
  for (let start = 0; start < data.length; ) {
    const count = loadChunk(data, start, chunk);
    for (let i = 0; i < count; i++) sums[start + i] = (sums[start + i] as number) + (chunk[i] as number);
    start += count;
  }
}

/** Takes the nth value of each pixel into its mean and its sum of squared deviations. */
export function welford(mean: Float64Array, squares: Float64Array, data: PixelArray, n: number): void {
  const chunk = newChunk();
  for (let start = 0; start < data.length; ) {
    const count = loadChunk(data, start, chunk);
    for (let i = 0; i < count; i++) {
      const value = chunk[i] as number;
      const before = mean[start + i] as number;
      const after = before + (value - before) / n;
      mean[start + i] = after;
      squares[start + i] = (squares[start + i] as number) + (value - before) * (value - after);
    }
    start += count;
  }
}

/** As `welford`, of the values that their mask does not leave out; `counts` says how many there have been of each pixel. */
export function welfordKept(
  mean: Float64Array,
  squares: Float64Array,
  counts: Uint32Array,
  data: PixelArray,
  mask: PixelArray | undefined,
  leaveOut: number,
): void {
  for (let i = 0; i < data.length; i += 1) {
    if ((Number(mask?.[i] ?? 0) & leaveOut) !== 0) continue;
    const value = Number(data[i]);
    const before = mean[i] as number;
    counts[i] = (counts[i] as number) + 1;
    const after = before + (value - before) / (counts[i] as number);
    mean[i] = after;
    squares[i] = (squares[i] as number) + (value - before) * (value - after);
  }
}

/** The sums of each pixel, those of 64-bit integers added to those of others. */
export function totals({ sums, wide }: Pick<PixelSums, "sums" | "wide">): Float64Array {
  if (wide === undefined) return sums;
  return sums.map((sum, pixel) => (sum === 0 ? wide.sum(pixel) : sum + wide.sum(pixel)));
}

/** The mean of each pixel over `count` frames, or over as many as there were of it. */
export function means(
  { sums, wide }: Pick<PixelSums, "sums" | "wide">,
  count: number | Uint32Array,
  precision: Precision,
): FloatArray {
  if (wide === undefined && typeof count === "number") return dividedBy(sums, count, precision);
  const out = newFloats(sums.length, precision);
  for (let i = 0; i < out.length; i += 1) {
    const n = typeof count === "number" ? count : (count[i] as number);
    const sum = sums[i] as number;
    // 0 / 0 is NaN, as it should be.
    if (wide === undefined || n === 0) out[i] = sum / n;
    else out[i] = sum === 0 ? wide.mean(i, n) : (sum + wide.sum(i)) / n;
  }
  return out;
}

export function dividedBy(sums: Float64Array, divisor: number, precision: Precision): FloatArray {
  if (divisor === 1 && precision === "float64") return sums;
  const out = newFloats(sums.length, precision);
  for (let i = 0; i < sums.length; i++) out[i] = (sums[i] as number) / divisor;
  return out;
}
