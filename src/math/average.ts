import { lentWorkers } from "../core/lent-workers.ts";
import type { NdArray } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import { carried } from "./carried.ts";
import { requireLeaveOut } from "./check-options.ts";
import type { FilesOptions } from "./files/accumulate-files.ts";
import { eachFrame, requireFilled } from "./files/each-frame.ts";
import { type FrameFiles, frameFiles, isBare, precisionOfFiles } from "./files/frame-files.ts";
import { given, type Many } from "./files/many.ts";
import { sumFiles } from "./files/sum-files.ts";
import { prepareSums, sumImages } from "./files/sum-images.ts";
import { mergeMasks } from "./flags.ts";
import { keptSums } from "./kept-sums.ts";
import type { LeaveOutOptions } from "./leave-out.ts";
import { accumulate, dividedBy, means, type PixelSums, totals } from "./pixel-sums.ts";
import { type FloatArray, newFloats, type Precision, precisionOf } from "./precision.ts";
import { empty, requireElements, requireSameShape } from "./shape.ts";
import { isWide, type WideSums, wideSums } from "./wide-sums.ts";

export interface AverageOptions extends FilesOptions, LeaveOutOptions {
  /** Default: float32 for 8 and 16-bit integers and float32, float64 for wider pixels. */
  readonly precision?: Precision;
}

/**
 * The mean of each pixel over many arrays or frames of one shape, read one after the other and never held together; or over the
 * frames of many FITS files, given by their paths, of which no frame is held whole. Sums are formed in float64, so sums of integers
 * are exact up to 2^53; those of 64-bit integers without any rounding, and the mean is rounded once. NaN in, NaN out.
 *
 * Of frames, the result has the first one's header, all flags that any mask has, and the variance Σσᵢ²/n² where
 * frames carry variances (a frame without counts as exact).
 *
 * @throws FirstlightError ARRAY_EMPTY without arrays, ARRAY_SHAPE where shapes differ, those of mask and variance included, MATH_OPTION for
 * options that are none; of
 * files those of `openFits` and FITS_FILE too
 */
export async function average(frames: Many<NdArray>, options?: AverageOptions): Promise<NdArray<FloatArray>>;
export async function average(frames: Many<Frame> | Many<string>, options?: AverageOptions): Promise<Frame>;
export async function average(
  frames: Many<NdArray> | Many<Frame> | Many<string>,
  options: AverageOptions = {},
): Promise<NdArray<FloatArray> | Frame> {
  requireLeaveOut(options.leaveOut);
  if (options.leaveOut) return keptAverage(frames, options.leaveOut, options);
  const what = await given<NdArray | Frame>(frames as Many<NdArray | Frame>);
  await using lent = lentWorkers(what.kind === "files" ? options.workers : undefined);
  const { workers } = lent;
  if (what.kind === "files") prepareSums(workers);
  const all = what.kind === "files" ? await frameFiles(what.paths, "average", options.signal) : undefined;
  if (all !== undefined) {
    const precision = options.precision ?? precisionOfFiles(all.files);
    const as = precision === "float32" ? "means32" : "means64";
    const data = isBare(all) ? await sumImages(all, as, { ...options, workers }) : undefined;
    if (data !== undefined) return { header: all.header, image: { data, shape: all.shape } };
  }
  const { first, shape, sums, wide, variances, mask, count, ...own } = await pixelSums(
    what.kind === "files" ? (all as FrameFiles) : what.values,
    "average",
    { ...options, workers },
  );
  const precision = options.precision ?? own.precision;
  const image = { data: means({ sums, wide }, count, precision), shape };
  if (!("image" in first)) return image;
  return {
    header: first.header.clone(),
    image,
    ...(mask === undefined ? {} : { mask }),
    ...(variances === undefined ? {} : { variance: { data: dividedBy(variances, count * count, precision), shape } }),
  };
}

export type SumOptions = FilesOptions & LeaveOutOptions;

/**
 * The sum of each pixel in float64, over what `average` takes: exact for integers up to 2^53; of 64-bit integers it is rounded once. NaN in, NaN out. Of frames, the result
 * has the first one's header, all flags that any mask has, and the variance Σσᵢ².
 *
 * @throws as `average`
 */
export async function sum(frames: Many<NdArray>, options?: SumOptions): Promise<NdArray<Float64Array>>;
export async function sum(frames: Many<Frame> | Many<string>, options?: SumOptions): Promise<Frame>;
export async function sum(
  frames: Many<NdArray> | Many<Frame> | Many<string>,
  options: SumOptions = {},
): Promise<NdArray<Float64Array> | Frame> {
  requireLeaveOut(options.leaveOut);
  if (options.leaveOut) return keptSum(frames, options.leaveOut, options);
  const what = await given<NdArray | Frame>(frames as Many<NdArray | Frame>);
  const all = what.kind === "files" ? await frameFiles(what.paths, "sum", options.signal) : what.values;
  const { first, shape, sums, wide, variances, mask } = await pixelSums(all, "sum", options);
  const image = { data: totals({ sums, wide }), shape };
  if (!("image" in first)) return image;
  return {
    header: first.header.clone(),
    image,
    ...(mask === undefined ? {} : { mask }),
    ...(variances === undefined ? {} : { variance: { data: variances, shape } }),
  };
}

/** Each pixel the mean of what no mask leaves out. */
async function keptAverage(
  frames: Many<NdArray> | Many<Frame> | Many<string>,
  leaveOut: number,
  options: AverageOptions,
): Promise<NdArray<FloatArray> | Frame> {
  const { taker, header, shape, ...own } = await eachFrame(frames, "average", options, (size) =>
    keptSums(size, leaveOut),
  );
  const { sums, counts } = taker;
  const precision = options.precision ?? own.precision;
  const image = { data: means({ sums, wide: taker.wide() }, counts, precision), shape };
  const variances = taker.variances();
  if (header === undefined) return image;
  const divided = variances && newFloats(variances.length, precision);
  variances?.forEach((variance, i) => {
    if (divided !== undefined) divided[i] = variance / (counts[i] as number) ** 2;
  });
  return carried(header, image, taker.flags(), divided);
}

async function keptSum(
  frames: Many<NdArray> | Many<Frame> | Many<string>,
  leaveOut: number,
  options: FilesOptions,
): Promise<NdArray<Float64Array> | Frame> {
  const { taker, header, shape } = await eachFrame(frames, "sum", options, (size) => keptSums(size, leaveOut));
  const variances = taker.variances();
  const sums = totals({ sums: taker.sums, wide: taker.wide() });
  for (const values of [sums, variances]) {
    if (values !== undefined) for (const [i, n] of taker.counts.entries()) if (n === 0) values[i] = Number.NaN;
  }
  const image = { data: sums, shape };
  return header === undefined ? image : carried(header, image, taker.flags(), variances);
}

async function pixelSums(
  frames: Many<NdArray | Frame> | FrameFiles,
  verb: string,
  options: FilesOptions,
): Promise<PixelSums> {
  if ("files" in frames) return sumFiles(frames, options);
  let first: NdArray | Frame | undefined;
  let shape: readonly number[] = [];
  let sums = new Float64Array(0);
  let wide: WideSums | undefined;
  let variances: Float64Array | undefined;
  let mask: NdArray<Uint32Array> | undefined;
  let precision: Precision = "float32";
  let count = 0;
  for await (const item of frames) {
    options.signal?.throwIfAborted();
    const image = "image" in item ? item.image : item;
    requireElements(image, verb);
    if (first === undefined) {
      first = item;
      shape = image.shape;
      sums = new Float64Array(image.data.length);
    } else requireSameShape(shape, image.shape, verb, [originOf(first), originOf(item)]);
    if (precisionOf(image.data) === "float64") precision = "float64";
    if (isWide(image.data)) {
      wide ??= wideSums(sums.length);
      wide.add(image.data, 0);
    } else accumulate(sums, image.data);
    count += 1;
    if (!("image" in item)) continue;
    requireFilled(item.mask, shape, `${verb} a mask with`, originOf(item));
    requireFilled(item.variance, shape, `${verb} a variance with`, originOf(item));
    if (item.mask !== undefined) {
      mask = mergeMasks(mask, item.mask);
    }
    if (item.variance !== undefined) {
      variances ??= new Float64Array(sums.length);
      accumulate(variances, item.variance.data);
    }
  }
  if (first === undefined) throw empty(verb, "no arrays at all");
  return { first, shape, sums, wide, variances, mask, precision, count };
}

function originOf(item: NdArray | Frame): string | undefined {
  return "image" in item ? item.header.origin : undefined;
}
