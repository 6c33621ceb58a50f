import type { NdArray } from "../core/ndarray.ts";
import { requireSigma, requireWhole } from "./check-options.ts";
import { emptyMask, pixelFlags } from "./flags.ts";
import { localMedian } from "./local-median.ts";
import { median } from "./order-statistics.ts";
import { deviationPerMad, medianAbsoluteDeviation } from "./robust.ts";
import { imageSize } from "./shape.ts";

export interface HotPixelOptions {
  /** How many robust deviations above its neighbours a pixel is hot. Default 8. */
  readonly sigma?: number;
  /** The neighbourhood's half width in pixels. Default 2. */
  readonly radius?: number;
}

/**
 * Flags hot pixels of a mean dark or a map of dark rates, the longest exposure available: those that exceed the median of
 * their neighbours by `sigma` times the deviation of that excess over the whole image, taken from its median absolute
 * deviation. Where that is 0, because more than half of the pixels hold the same count, it is taken from the mean absolute
 * deviation, and in whole numbers as at least what a count's step can hide. Structure that changes over a neighbourhood by less than the noise, such as a glowing corner, stays.
 */
export function flagHotPixels(dark: NdArray, options: HotPixelOptions = {}): NdArray<Uint32Array> {
  imageSize(dark, "find hot pixels in");
  const { sigma = 8, radius = 2 } = options;
  requireSigma(sigma);
  requireWhole("radius", radius, 1);
  const excess = localMedian(dark, radius).data;
  for (let i = 0; i < excess.length; i++) excess[i] = Number(dark.data[i]) - (excess[i] as number);
  const limit = sigma * deviationOf(excess, dark);
  const mask = emptyMask(dark.shape);
  for (let i = 0; i < excess.length; i++) if ((excess[i] as number) > limit) mask.data[i] = pixelFlags.hot;
  return mask;
}

function deviationOf(excess: Float64Array, { data }: NdArray): number {
  const centre = median(excess);
  const deviation = deviationPerMad * medianAbsoluteDeviation(excess, centre);
  if (deviation !== 0) return deviation;
  let [sum, count] = [0, 0];
  for (const value of excess) {
    if (!Number.isFinite(value)) continue;
    sum += Math.abs(value - centre);
    count += 1;
  }
  // Of a normal distribution, σ is √(π/2) times the mean absolute deviation.
  const fromMean = (Math.sqrt(Math.PI / 2) * sum) / Math.max(1, count);
  // Rounding to whole counts brings any noise below half a count to a median absolute deviation of 0.
  return data.every((value: number | bigint) => !Number.isFinite(Number(value)) || Number.isInteger(Number(value)))
    ? Math.max(fromMean, deviationPerMad / 2)
    : fromMean;
}

export interface DeadPixelOptions {
  /** A pixel is dead below this share of its neighbours' median. Default 0.5. */
  readonly fraction?: number;
  /** The neighbourhood's half width in pixels. Default 2. */
  readonly radius?: number;
}

/** Flags dead pixels of a mean flat whose dark is subtracted: response below `fraction` of the neighbours', or none at all. */
export function flagDeadPixels(flat: NdArray, options: DeadPixelOptions = {}): NdArray<Uint32Array> {
  imageSize(flat, "find dead pixels in");
  const { fraction = 0.5, radius = 2 } = options;
  requireWhole("radius", radius, 1);
  const around = localMedian(flat, radius).data;
  const mask = emptyMask(flat.shape);
  for (let i = 0; i < around.length; i++) {
    const value = Number(flat.data[i]);
    if (!(value >= fraction * (around[i] as number))) mask.data[i] = pixelFlags.dead;
  }
  return mask;
}

/** Flags the pixels at or above a level, such as 65535 in a 16-bit camera. */
export function flagSaturatedPixels(image: NdArray, level: number): NdArray<Uint32Array> {
  const mask = emptyMask(image.shape);
  for (let i = 0; i < mask.data.length; i++) if (Number(image.data[i]) >= level) mask.data[i] = pixelFlags.saturated;
  return mask;
}
