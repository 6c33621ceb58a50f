import { FirstlightError } from "../core/errors.ts";
import { type NdArray, sizeOf } from "../core/ndarray.ts";
import type { AverageOptions } from "./average.ts";
import { accumulateFiles } from "./files/accumulate-files.ts";
import { frameFiles, precisionOfFiles } from "./files/frame-files.ts";
import { given, type Many } from "./files/many.ts";
import { dividedBy, welford } from "./pixel-sums.ts";
import { type FloatArray, newFloats, type Precision, precisionOf } from "./precision.ts";
import { requireElements, requireSameShape } from "./shape.ts";

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
 * Mean and standard deviation of each pixel over at least two arrays, or over the images of as many FITS files, given by their
 * paths, streamed: B. P. Welford, Technometrics 4 (1962) 419. NaN in, NaN out.
 *
 * @throws FirstlightError ARRAY_EMPTY with fewer than two arrays, ARRAY_SHAPE where shapes differ; of files as `average`
 */
export async function meanAndDeviation(
  frames: Many<NdArray> | Many<string>,
  options: DeviationOptions = {},
): Promise<MeanAndDeviation> {
  const { mean, squares, shape, precision, count } = await moments(frames, options);
  const divisor = count - (options.ddof ?? 0);
  const kind = options.precision ?? precision;
  const deviation = newFloats(squares.length, kind);
  for (let i = 0; i < squares.length; i++) deviation[i] = Math.sqrt((squares[i] as number) / divisor);
  return { mean: { data: dividedBy(mean, 1, kind), shape }, deviation: { data: deviation, shape }, count };
}

interface Moments {
  readonly mean: Float64Array;
  readonly squares: Float64Array;
  readonly shape: readonly number[];
  readonly precision: Precision;
  readonly count: number;
}

async function moments(frames: Many<NdArray> | Many<string>, options: DeviationOptions): Promise<Moments> {
  const what = await given<NdArray>(frames);
  if (what.kind === "files") {
    requireTwo(what.paths.length);
    const all = await frameFiles(what.paths, "average", options.signal);
    const { shape, files } = all;
    const size = sizeOf(shape);
    const [mean, squares] = [new Float64Array(size), new Float64Array(size)];
    await accumulateFiles(all, ["image"], options, (pixels, { start, length }, _, file) => {
      welford(mean.subarray(start, start + length), squares.subarray(start, start + length), pixels, file + 1);
    });
    return { mean, squares, shape, precision: precisionOfFiles(files), count: files.length };
  }
  let shape: readonly number[] | undefined;
  let mean = new Float64Array(0);
  let squares = new Float64Array(0);
  let precision: Precision = "float32";
  let count = 0;
  for await (const image of what.values) {
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
  requireTwo(count);
  return { mean, squares, shape: shape ?? [], precision, count };
}

function requireTwo(count: number): void {
  if (count >= 2) return;
  throw new FirstlightError("ARRAY_EMPTY", `A standard deviation needs at least two arrays; found ${count}.`, {
    fields: { count },
  });
}
