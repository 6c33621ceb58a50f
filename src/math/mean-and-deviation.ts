import { FirstlightError } from "../core/errors.ts";
import type { NdArray } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import type { AverageOptions } from "./average.ts";
import { carried } from "./carried.ts";
import { eachFrame, type FramePiece, type PieceTaker } from "./files/each-frame.ts";
import type { Many } from "./files/many.ts";
import { addKept } from "./kept-sums.ts";
import { type MergedFlags, mergedFlags } from "./merged-flags.ts";
import { dividedBy, means as meansOf, welford, welfordKept } from "./pixel-sums.ts";
import { type FloatArray, newFloats } from "./precision.ts";
import { type WideOrigins, wideOrigins } from "./wide-origins.ts";
import { isWide, type WideSums, wideSums } from "./wide-sums.ts";

export interface DeviationOptions extends AverageOptions {
  /** The divisor of the variance is n - ddof: 0 as numpy's std (the default), 1 for the sample's. */
  readonly ddof?: 0 | 1;
}

export interface MeanAndDeviation<T = NdArray<FloatArray>> {
  readonly mean: T;
  /** The standard deviation of a single array's pixel, not of the mean. */
  readonly deviation: T;
  /** How many arrays or frames there were. */
  readonly count: number;
}

/**
 * Mean and standard deviation of each pixel over at least two arrays or frames, or over the frames of as many FITS files, given by
 * their paths, streamed: B. P. Welford, Technometrics 4 (1962) 419. NaN in, NaN out.
 *
 * Of frames, both have the first one's header, the flags of all masks, and variances where frames carry them (a frame without counts
 * as exact): the mean Σσᵢ²/n², the deviation mean σ² / (2(n-1)), that of normal errors where nothing else scatters; of five it
 * is 7 % too large, of more it is nearer. Of 64-bit integers the mean is exact, rounded once, and the deviation of the integers themselves.
 *
 * @throws FirstlightError ARRAY_EMPTY with fewer than two arrays, ARRAY_SHAPE where shapes differ; of files as `average`
 */
export async function meanAndDeviation(frames: Many<NdArray>, options?: DeviationOptions): Promise<MeanAndDeviation>;
export async function meanAndDeviation(
  frames: Many<Frame> | Many<string>,
  options?: DeviationOptions,
): Promise<MeanAndDeviation<Frame>>;
export async function meanAndDeviation(
  frames: Many<NdArray> | Many<Frame> | Many<string>,
  options: DeviationOptions = {},
): Promise<MeanAndDeviation | MeanAndDeviation<Frame>> {
  const { leaveOut = 0, ddof = 0 } = options;
  const { taker, header, shape, count, ...own } = await eachFrame(frames, "average", options, (size) =>
    moments(size, leaveOut),
  );
  requireTwo(count);
  const precision = options.precision ?? own.precision;
  const { means, squares, counts, variances, wide } = taker.found();
  const mean = {
    data:
      wide === undefined
        ? dividedBy(means, 1, precision)
        : meansOf({ sums: new Float64Array(means.length), wide }, counts ?? count, precision),
    shape,
  };
  const deviation = { data: newFloats(means.length, precision), shape };
  for (let i = 0; i < means.length; i += 1) {
    deviation.data[i] = Math.sqrt((squares[i] as number) / ((counts?.[i] ?? count) - ddof));
  }
  if (header === undefined) return { mean, deviation, count };
  const scaled = (factor: (n: number) => number): FloatArray | undefined => {
    if (variances === undefined) return undefined;
    const out = newFloats(variances.length, precision);
    for (let i = 0; i < out.length; i += 1) out[i] = (variances[i] as number) * factor(counts?.[i] ?? count);
    return out;
  };
  const ofMean = scaled((n) => 1 / (n * n));
  const ofDeviation = scaled((n) => 1 / (2 * n * (n - 1)));
  return {
    mean: carried(header, mean, taker.flags(), ofMean),
    deviation: carried(header, deviation, taker.flags(), ofDeviation),
    count,
  };
}

interface Moments {
  readonly means: Float64Array;
  readonly squares: Float64Array;
  /** Of each pixel, where masks leave some out. */
  readonly counts: Uint32Array | undefined;
  /** Sums. */
  readonly variances: Float64Array | undefined;
  /** Of 64-bit integers, where all pixels are such. */
  readonly wide: WideSums | undefined;
}

function moments(
  size: number,
  leaveOut: number,
): PieceTaker & Pick<MergedFlags, "flags"> & { readonly found: () => Moments } {
  const [means, squares] = [new Float64Array(size), new Float64Array(size)];
  const counts = leaveOut === 0 ? undefined : new Uint32Array(size);
  let variances: Float64Array | undefined;
  // Of 64-bit integers the means are of how far they are from where each pixel began, as reals do not hold them.
  let wide: WideSums | undefined;
  let origins: WideOrigins | undefined;
  let isAllWide = true;
  const merged = mergedFlags(size, leaveOut);
  return {
    flags: merged.flags,
    found() {
      if (counts !== undefined) for (const [i, n] of counts.entries()) if (n === 0) means[i] = squares[i] = Number.NaN;
      if (isAllWide) return { means, squares, counts, variances, wide };
      return { means: origins?.added(means) ?? means, squares, counts, variances, wide: undefined };
    },
    take({ start, image: pixels, mask, variance, number }: FramePiece) {
      if (!isWide(pixels)) isAllWide = false;
      else {
        if (number === 0) origins ??= wideOrigins(size);
        if (isAllWide) {
          wide ??= wideSums(size);
          wide.add(pixels, start, mask, leaveOut);
        }
      }
      // A value that a mask leaves out is no beginning.
      if (number === 0 || counts !== undefined) origins?.set(pixels, start, counts);
      const image = origins?.apart(pixels, start) ?? pixels;
      const part = <T extends Float64Array | Uint32Array>(whole: T) => whole.subarray(start, start + image.length) as T;
      merged.take(mask, start, image.length);
      if (counts === undefined) welford(part(means), part(squares), image, number + 1);
      else welfordKept(part(means), part(squares), part(counts), image, mask, leaveOut);
      if (variance === undefined) return;
      variances ??= new Float64Array(size);
      addKept(variances, variance, mask, leaveOut, start);
    },
  };
}

function requireTwo(count: number): void {
  if (count >= 2) return;
  throw new FirstlightError("ARRAY_EMPTY", `A standard deviation needs at least two arrays; found ${count}.`, {
    fields: { count },
  });
}
