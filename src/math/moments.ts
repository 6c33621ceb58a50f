import type { PixelArray } from "../core/ndarray.ts";
import { forEachPortion } from "./chunk.ts";

export interface Moments {
  readonly mean: number;
  readonly rms: number;
  readonly skewness: number;
  readonly kurtosis: number;
}

/** The moments about the mean, which lies near `guess`; of infinite pixels NaN but for the mean. */
export function centralMoments(data: PixelArray, guess: number, count: number): Moments {
  const sums = [0, 0, 0, 0];
  // Of infinite pixels nothing but their mean is known.
  if (Number.isFinite(guess)) {
    forEachPortion(data, (kernels, is32, length) => {
      for (const [power, sum] of kernels.moments(is32, length, guess).entries()) sums[power] = (sums[power] ?? 0) + sum;
    });
  }
  const [s1 = 0, s2 = 0, s3 = 0, s4 = 0] = sums;
  // The guess is off by the rounding of its sum: take the moments about the mean itself.
  const e = count === 0 || !Number.isFinite(guess) ? Number.NaN : s1 / count;
  const m2 = s2 / count - e * e;
  const m3 = s3 / count - (3 * e * s2) / count + 2 * e ** 3;
  const m4 = s4 / count - (4 * e * s3) / count + (6 * e * e * s2) / count - 3 * e ** 4;
  const mean = Number.isFinite(guess) ? guess + e : guess;
  // What rounding alone makes of equal pixels has no shape.
  const shapeless = m2 <= (mean * Number.EPSILON) ** 2;
  return {
    mean,
    rms: Math.sqrt(Math.max(m2, 0)),
    skewness: shapeless ? Number.NaN : m3 / m2 ** 1.5,
    kurtosis: shapeless ? Number.NaN : m4 / (m2 * m2) - 3,
  };
}
