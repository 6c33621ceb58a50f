import { type NdArray, type PixelArray, sizeOf } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import { requirePercents } from "./check-options.ts";
import { chunkLength, loadChunk, newChunk } from "./chunk.ts";
import type { FilesOptions } from "./files/accumulate-files.ts";
import type { Many } from "./files/many.ts";
import { frameCompanions } from "./frame-companions.ts";
import { frameStack } from "./frame-stack.ts";
import type { LeaveOutOptions } from "./leave-out.ts";
import { percentileVariance } from "./percentile-variance.ts";
import { type FloatArray, newFloats, type Precision } from "./precision.ts";

export interface AcrossOptions extends FilesOptions, LeaveOutOptions {
  /** Default: float32 for 8 and 16-bit integers and float32, float64 for wider pixels. */
  readonly precision?: Precision;
}

/**
 * The median of each pixel across many arrays or frames, or across the frames of FITS files given by their paths; of files, strips of
 * all of them are held at a time, of arrays all. The mean of the middle two where their number is even. NaN is left out; a pixel
 * without any number is NaN. 64-bit integers are each rounded to float64 first: beyond 2^53 the result is no nearer than that.
 *
 * Of frames, the result has the first one's header, the flags of all masks, and where frames carry variances (a frame without counts
 * as exact) the variance π/2 · mean σ² / n, of the n values that are no NaN: it holds for many normal errors of one size. Of one and
 * two values, whose median is their mean, it is mean σ² / n. Of five it is 9 % too large, of more it is nearer.
 *
 * @throws FirstlightError ARRAY_EMPTY without arrays, ARRAY_SHAPE where shapes differ; of files as `average`
 */
export async function medianAcross(frames: Many<NdArray>, options?: AcrossOptions): Promise<NdArray<FloatArray>>;
export async function medianAcross(frames: Many<Frame> | Many<string>, options?: AcrossOptions): Promise<Frame>;
export async function medianAcross(
  frames: Many<NdArray> | Many<Frame> | Many<string>,
  options: AcrossOptions = {},
): Promise<NdArray<FloatArray> | Frame> {
  const [median] = await percentilesAcross(frames as Many<Frame>, [50], options);
  return median as Frame;
}

/**
 * Percentiles of each pixel by numpy's default rule, linear between the two nearest ranks; otherwise as `medianAcross`, which rounds
 * each 64-bit integer to float64 too. Of frames, the variance is p(1-p)/φ² · mean σ² / n, φ the density of a normal error at its
 * percentile, with p no nearer to 0 and 1 than 1/(n+1).
 *
 * @throws FirstlightError MATH_OPTION for a percentile outside of 0 to 100, and the errors of `medianAcross`
 *
 * @returns one array, or one frame, for each of `percents`
 */
export async function percentilesAcross(
  frames: Many<NdArray>,
  percents: readonly number[],
  options?: AcrossOptions,
): Promise<NdArray<FloatArray>[]>;
export async function percentilesAcross(
  frames: Many<Frame> | Many<string>,
  percents: readonly number[],
  options?: AcrossOptions,
): Promise<Frame[]>;
export async function percentilesAcross(
  frames: Many<NdArray> | Many<Frame> | Many<string>,
  percents: readonly number[],
  options: AcrossOptions = {},
): Promise<NdArray<FloatArray>[] | Frame[]> {
  requirePercents(percents);
  const stack = await frameStack(frames, "compare", options);
  const { shape } = stack;
  const precision = options.precision ?? stack.precision;
  const companions = frameCompanions(stack, options.leaveOut ?? 0);
  const results = percents.map(() => ({ data: newFloats(sizeOf(shape), precision), shape }));
  for await (const strip of stack.strips) {
    rank(
      strip.images,
      percents,
      results.map(({ data }) => data.subarray(strip.start)),
    );
    companions?.take(strip);
  }
  if (companions === undefined) return results;
  return results.map((image, k) => companions.frame(image, shareOf(percents[k] as number)));
}

/** Most pixels have as many values as the one before. */
function shareOf(percent: number): (count: number) => number {
  const known = new Map<number, number>();
  return (count) => {
    const found = known.get(count) ?? percentileVariance(percent, count);
    known.set(count, found);
    return found;
  };
}

function rank(stack: readonly PixelArray[], percents: readonly number[], into: readonly FloatArray[]): void {
  const size = stack[0]?.length ?? 0;
  const chunks = stack.map(() => newChunk());
  const values = new Float64Array(stack.length);
  for (let start = 0; start < size; start += chunkLength) {
    const count = Math.min(chunkLength, size - start);
    for (const [k, data] of stack.entries()) loadChunk(data, start, chunks[k] as Float64Array);
    for (let i = 0; i < count; i += 1) {
      let n = 0;
      for (let k = 0; k < chunks.length; k += 1) {
        const value = (chunks[k] as Float64Array)[i] as number;
        if (!Number.isNaN(value)) values[n++] = value;
      }
      const sorted = values.subarray(0, n).sort();
      for (const [p, target] of into.entries()) target[start + i] = percentileOf(sorted, percents[p] as number);
    }
  }
}

function percentileOf(sorted: Float64Array, percent: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = (sorted.length - 1) * (percent / 100);
  const low = sorted[Math.floor(position)] as number;
  const high = sorted[Math.ceil(position)] as number;
  if (low === high) return low;
  const weight = position - Math.floor(position);
  // numpy's median is the mean of the two; its percentiles go by the nearer end.
  if (percent === 50) return (low + high) / 2;
  return weight < 0.5 ? low + (high - low) * weight : high - (high - low) * (1 - weight);
}
