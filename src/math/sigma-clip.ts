import { type NdArray, type PixelArray, sizeOf } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import type { AcrossOptions } from "./across.ts";
import { requireSigma, requireWhole } from "./check-options.ts";
import { chunkLength, loadChunk, newChunk } from "./chunk.ts";
import type { Many } from "./files/many.ts";
import { frameCompanions } from "./frame-companions.ts";
import { frameStack } from "./frame-stack.ts";
import { type FloatArray, newFloats, type Precision, precisionOf } from "./precision.ts";
import { empty, requireElements, requireSameShape } from "./shape.ts";

export interface SigmaClipOptions {
  /** Values further than this many standard deviations from the median are left out. Default 3. */
  readonly sigma?: number;
  /** Default 5; a pixel ends earlier when nothing more is left out of it. */
  readonly iterations?: number;
  readonly precision?: Precision;
}

export interface SigmaClippedMean<T = NdArray<FloatArray>> {
  readonly mean: T;
  /** How many values each mean is of. */
  readonly kept: NdArray<Uint32Array>;
}

/**
 * The mean of each pixel over a stack held in memory, after repeated clipping about the median by the standard deviation
 * (ddof 0) of what is left: astropy's sigma_clip with its defaults. NaN and infinities are left out; a pixel without any finite number is NaN.
 * 64-bit integers are each rounded to float64 first: beyond 2^53, clipping does not see distances that rounding takes.
 *
 * Of n values none lies further than (n-1)/√n deviations from the mean: 3 σ rejects nothing in a stack of fewer than 11.
 *
 * @throws FirstlightError ARRAY_EMPTY without arrays, ARRAY_SHAPE where shapes differ, MATH_OPTION for a sigma not above 0
 */
export function sigmaClippedMean(stack: readonly NdArray[], options: SigmaClipOptions = {}): SigmaClippedMean {
  const { sigma, iterations } = clipping(options);
  const [first] = stack;
  if (first === undefined) throw empty("average", "a stack of no arrays");
  for (const array of stack) {
    requireElements(array, "average");
    requireSameShape(first.shape, array.shape, "average");
  }
  const { shape } = first;
  const mean = newFloats(first.data.length, options.precision ?? precisionOf(...stack.map((array) => array.data)));
  const kept = new Uint32Array(mean.length);
  const pixels = stack.map(({ data }) => data);
  clipStack(pixels, sigma, iterations, mean, kept);
  return { mean: { data: mean, shape }, kept: { data: kept, shape } };
}

export type SigmaClipFilesOptions = SigmaClipOptions & AcrossOptions;

/**
 * As `sigmaClippedMean`, over arrays or frames that come one after the other, or over the frames of FITS files given by their paths,
 * of which strips of all are held at a time. Beyond 2^53 each 64-bit integer is rounded to float64 first.
 *
 * Of frames, the mean has the first one's header, the flags of all masks, and where frames carry variances (a frame without counts as
 * exact) the variance mean σ² / kept: what was clipped counts neither for nor against it.
 *
 * @throws FirstlightError as `average`
 */
export async function sigmaClippedMeanAcross(
  frames: Many<NdArray>,
  options?: SigmaClipFilesOptions,
): Promise<SigmaClippedMean>;
export async function sigmaClippedMeanAcross(
  frames: Many<Frame> | Many<string>,
  options?: SigmaClipFilesOptions,
): Promise<SigmaClippedMean<Frame>>;
export async function sigmaClippedMeanAcross(
  frames: Many<NdArray> | Many<Frame> | Many<string>,
  options: SigmaClipFilesOptions = {},
): Promise<SigmaClippedMean | SigmaClippedMean<Frame>> {
  const { sigma, iterations } = clipping(options);
  const stack = await frameStack(frames, "average", options);
  const { shape } = stack;
  const companions = frameCompanions(stack, options.leaveOut ?? 0);
  const data = newFloats(sizeOf(shape), options.precision ?? stack.precision);
  const counts = new Uint32Array(data.length);
  for await (const strip of stack.strips) {
    clipStack(strip.images, sigma, iterations, data.subarray(strip.start), counts.subarray(strip.start));
    companions?.take(strip);
  }
  const [mean, kept] = [
    { data, shape },
    { data: counts, shape },
  ];
  if (companions === undefined) return { mean, kept };
  return { mean: companions.frame(mean, (_, pixel) => 1 / (counts[pixel] as number)), kept };
}

function clipping({ sigma = 3, iterations = 5 }: SigmaClipOptions): {
  readonly sigma: number;
  readonly iterations: number;
} {
  requireSigma(sigma);
  requireWhole("iterations", iterations, 0);
  return { sigma, iterations };
}

function clipStack(
  stack: readonly PixelArray[],
  sigma: number,
  iterations: number,
  mean: FloatArray,
  kept: Uint32Array,
): void {
  const size = stack[0]?.length ?? 0;
  const chunks = stack.map(() => newChunk());
  const values = new Float64Array(stack.length);
  const sortsAtOnce = stack.length > insertionLimit;
  for (let start = 0; start < size; start += chunkLength) {
    const count = Math.min(chunkLength, size - start);
    stack.forEach((array, k) => {
      loadChunk(array, start, chunks[k] as Float64Array);
    });
    for (let i = 0; i < count; i++) {
      let n = 0;
      for (let k = 0; k < chunks.length; k++) {
        const value = (chunks[k] as Float64Array)[i] as number;
        if (Number.isFinite(value)) n = sortsAtOnce ? put(values, n, value) : insert(values, n, value);
      }
      if (sortsAtOnce) values.subarray(0, n).sort();
      kept[start + i] = clip(values, n, sigma, iterations, mean, start + i);
    }
  }
}

/** Up to about here to insert is faster than to sort. */
const insertionLimit = 48;

function put(values: Float64Array, n: number, value: number): number {
  values[n] = value;
  return n + 1;
}

/** Keeps the first n values sorted; returns n + 1. */
function insert(values: Float64Array, n: number, value: number): number {
  let at = n;
  while (at > 0 && (values[at - 1] as number) > value) {
    values[at] = values[at - 1] as number;
    at -= 1;
  }
  values[at] = value;
  return n + 1;
}

/** Writes the mean of what is left of the first n sorted values, and returns how many those are. */
function clip(
  values: Float64Array,
  n: number,
  sigma: number,
  iterations: number,
  mean: FloatArray,
  at: number,
): number {
  // Sorted values are clipped at their ends only: what is kept is [low, high).
  let low = 0;
  let high = n;
  for (let round = 0; round < iterations && high > low; round++) {
    const centre = ((values[(low + high - 1) >> 1] as number) + (values[(low + high) >> 1] as number)) / 2;
    const limit = sigma * deviation(values, low, high);
    const before = high - low;
    while (low < high && centre - (values[low] as number) > limit) low += 1;
    while (high > low && (values[high - 1] as number) - centre > limit) high -= 1;
    if (high - low === before) break;
  }
  let sum = 0;
  for (let k = low; k < high; k++) sum += values[k] as number;
  mean[at] = sum / (high - low);
  return high - low;
}

function deviation(values: Float64Array, low: number, high: number): number {
  let sum = 0;
  for (let k = low; k < high; k++) sum += values[k] as number;
  const mean = sum / (high - low);
  let squares = 0;
  for (let k = low; k < high; k++) squares += ((values[k] as number) - mean) ** 2;
  return Math.sqrt(squares / (high - low));
}
