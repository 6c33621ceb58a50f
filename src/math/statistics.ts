import type { NdArray, PixelArray } from "../core/ndarray.ts";
import { takeCensus } from "./census.ts";
import { forEachPortion } from "./chunk.ts";
import { orderStatistics, percentileRanks, percentilesOf } from "./order-statistics.ts";
import { requireElements } from "./shape.ts";

/** The percentiles of the L1 headers: DATAP01 to DATAP99. */
export const headerPercents = [1, 2, 5, 10, 25, 75, 90, 95, 98, 99] as const;
export type HeaderPercent = (typeof headerPercents)[number];

/** The L1 statistics set (SOLARNET: DATAMIN to DATAKURT). NaN pixels are left out of all but their own count. */
export interface ArrayStatistics {
  /** Pixels that are not NaN. With none, every number below is NaN. */
  readonly count: number;
  readonly nan: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly median: number;
  /** The deviation from the mean, √(Σ(x-mean)²/n): numpy's std with ddof 0, SOLARNET's DATARMS. */
  readonly rms: number;
  /** m₃/m₂^1.5, without a correction for small n: scipy's default. NaN where all pixels are equal to within rounding. */
  readonly skewness: number;
  /** Fisher's, m₄/m₂² - 3: 0 for a normal distribution; scipy's default. NaN as skewness. */
  readonly kurtosis: number;
  /** numpy's linear rule. */
  readonly percentiles: Readonly<Record<HeaderPercent, number>>;
}

/**
 * Moments in two passes, so that they are exact to the last digits; order statistics by a histogram in two more. In portions that stay in
 * the cache, by WebAssembly kernels.
 *
 * @throws FirstlightError ARRAY_EMPTY without elements
 */
export function statistics(image: NdArray): ArrayStatistics {
  requireElements(image, "take the statistics of");
  const { data } = image;
  const census = takeCensus(data);
  const moments =
    census.min === census.max && Number.isFinite(census.min)
      ? { mean: census.min, rms: 0, skewness: Number.NaN, kurtosis: Number.NaN }
      : centralMoments(data, census.sum / census.count, census.count);
  const middle = [(census.count - 1) >> 1, census.count >> 1];
  // All at once: each search goes through the pixels twice.
  const found = orderStatistics(data, [...middle, ...percentileRanks(headerPercents, census.count)], census);
  const [low, high, ...rest] = found as [number, number, ...number[]];
  const values = percentilesOf(headerPercents, census.count, rest);
  return {
    count: census.count,
    nan: census.nan,
    min: census.min,
    max: census.max,
    median: low === high ? low : (low + high) / 2,
    ...moments,
    percentiles: Object.fromEntries(headerPercents.map((percent, i) => [percent, values[i]])) as Record<
      HeaderPercent,
      number
    >,
  };
}

function centralMoments(
  data: PixelArray,
  guess: number,
  count: number,
): Pick<ArrayStatistics, "mean" | "rms" | "skewness" | "kurtosis"> {
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
