import { FirstlightError } from "../core/errors.ts";
import type { NdArray, PixelArray } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import { loadChunk, newChunk } from "./chunk.ts";
import { mergeMasks } from "./flags.ts";
import { type FloatArray, newFloats, type Precision, precisionOf } from "./precision.ts";
import { empty, requireElements, requireSameShape } from "./shape.ts";

export type Many<T> = Iterable<T> | AsyncIterable<T>;

export interface AverageOptions {
  /** Default: float32 for 8 and 16-bit integers and float32, float64 for wider pixels. */
  readonly precision?: Precision;
  readonly signal?: AbortSignal;
}

/**
 * The mean of each pixel over many arrays or frames of one shape, read one after the other and never held together.
 * Sums are formed in float64, so sums of integers are exact. NaN in, NaN out.
 *
 * Of frames, the result has the first one's header, all flags that any mask has, and the variance Σσᵢ²/n² where
 * frames carry variances (a frame without counts as exact).
 *
 * @throws FirstlightError ARRAY_EMPTY without arrays, ARRAY_SHAPE where shapes differ, those of mask and variance included
 */
export async function average(frames: Many<NdArray>, options?: AverageOptions): Promise<NdArray<FloatArray>>;
export async function average(frames: Many<Frame>, options?: AverageOptions): Promise<Frame>;
export async function average(
  frames: Many<NdArray> | Many<Frame>,
  options: AverageOptions = {},
): Promise<NdArray<FloatArray> | Frame> {
  let first: NdArray | Frame | undefined;
  let shape: readonly number[] = [];
  let sums = new Float64Array(0);
  let variances: Float64Array | undefined;
  let mask: NdArray<Uint32Array> | undefined;
  let precision: Precision = "float32";
  let count = 0;
  for await (const item of frames as AsyncIterable<NdArray | Frame>) {
    options.signal?.throwIfAborted();
    const image = imageOf(item);
    requireElements(image, "average");
    if (first === undefined) {
      first = item;
      shape = image.shape;
      sums = new Float64Array(image.data.length);
    } else requireSameShape(shape, image.shape, "average");
    if (precisionOf(image.data) === "float64") precision = "float64";
    accumulate(sums, image.data);
    count += 1;
    if (!("image" in item)) continue;
    if (item.mask !== undefined) {
      requireFilled(item.mask, shape, "average a mask with");
      mask = mergeMasks(mask, item.mask);
    }
    if (item.variance !== undefined) {
      requireFilled(item.variance, shape, "average a variance with");
      variances ??= new Float64Array(sums.length);
      accumulate(variances, item.variance.data);
    }
  }
  if (first === undefined) throw empty("average", "no arrays at all");
  const image = { data: dividedBy(sums, count, options.precision ?? precision), shape };
  if (!("image" in first)) return image;
  return {
    header: first.header.clone(),
    image,
    ...(mask === undefined ? {} : { mask }),
    ...(variances === undefined
      ? {}
      : { variance: { data: dividedBy(variances, count * count, options.precision ?? precision), shape } }),
  };
}

export interface DeviationOptions extends AverageOptions {
  /** The divisor of the variance is n - ddof: 0 as numpy's std (the default), 1 for the sample's. */
  readonly ddof?: 0 | 1;
}

export interface MeanAndDeviation {
  readonly mean: NdArray<FloatArray>;
  /** The standard deviation of a single array's pixel, not of the mean. */
  readonly deviation: NdArray<FloatArray>;
  readonly count: number;
}

/**
 * Mean and standard deviation of each pixel over at least two arrays, streamed: B. P. Welford, Technometrics 4 (1962)
 * 419. NaN in, NaN out.
 *
 * @throws FirstlightError ARRAY_EMPTY with fewer than two arrays, ARRAY_SHAPE where shapes differ
 */
export async function meanAndDeviation(
  frames: Many<NdArray>,
  options: DeviationOptions = {},
): Promise<MeanAndDeviation> {
  let shape: readonly number[] | undefined;
  let mean = new Float64Array(0);
  let squares = new Float64Array(0);
  let precision: Precision = "float32";
  let count = 0;
  for await (const image of frames as AsyncIterable<NdArray>) {
    options.signal?.throwIfAborted();
    requireElements(image, "average");
    if (shape === undefined) {
      shape = image.shape;
      mean = new Float64Array(image.data.length);
      squares = new Float64Array(image.data.length);
    } else requireSameShape(shape, image.shape, "average");
    if (precisionOf(image.data) === "float64") precision = "float64";
    count += 1;
    welford(mean, squares, image.data, count);
  }
  if (shape === undefined || count < 2) {
    throw new FirstlightError("ARRAY_EMPTY", `A standard deviation needs at least two arrays; found ${count}.`, {
      fields: { count },
    });
  }
  const divisor = count - (options.ddof ?? 0);
  const kind = options.precision ?? precision;
  const deviation = newFloats(squares.length, kind);
  for (let i = 0; i < squares.length; i++) deviation[i] = Math.sqrt((squares[i] as number) / divisor);
  return { mean: { data: dividedBy(mean, 1, kind), shape }, deviation: { data: deviation, shape }, count };
}

function imageOf(item: NdArray | Frame): NdArray {
  return "image" in item ? item.image : item;
}

function requireFilled(companion: NdArray, shape: readonly number[], verb: string): void {
  requireSameShape(shape, companion.shape, verb);
  requireElements(companion, verb);
}

function accumulate(sums: Float64Array, data: PixelArray): void {
  const chunk = newChunk();
  for (let start = 0; start < data.length; ) {
    const count = loadChunk(data, start, chunk);
    for (let i = 0; i < count; i++) sums[start + i] = (sums[start + i] as number) + (chunk[i] as number);
    start += count;
  }
}

function welford(mean: Float64Array, squares: Float64Array, data: PixelArray, n: number): void {
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

function dividedBy(sums: Float64Array, divisor: number, precision: Precision): FloatArray {
  if (divisor === 1 && precision === "float64") return sums;
  const out = newFloats(sums.length, precision);
  for (let i = 0; i < sums.length; i++) out[i] = (sums[i] as number) / divisor;
  return out;
}
