import type { NdArray } from "../core/ndarray.ts";
import { type ArrayStatistics, type HeaderPercent, headerPercents } from "./array-statistics.ts";
import { takeCensus } from "./census.ts";
import { centralMoments } from "./moments.ts";
import { orderStatistics, percentileRanks, percentilesOf } from "./order-statistics.ts";
import { requireElements } from "./shape.ts";
import { wideStatistics } from "./wide-statistics.ts";
import { isWide } from "./wide-sums.ts";

/**
 * Moments in two passes, so that they are exact to the last digits; order statistics by a histogram in two more. In portions that stay in
 * the cache, by WebAssembly kernels. Of 64-bit integers every number is that of the integers themselves, rounded once.
 *
 * @throws FirstlightError ARRAY_EMPTY without elements
 */
export function statistics(image: NdArray): ArrayStatistics {
  requireElements(image, "take the statistics of");
  const { data } = image;
  if (isWide(data)) {
    const { exact, ...rounded } = wideStatistics(data);
    return rounded;
  }
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
