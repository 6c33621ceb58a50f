import { type ArrayStatistics, headerPercents } from "./array-statistics.ts";
import { centralMoments } from "./moments.ts";
import { orderStatistics, percentileRanks } from "./order-statistics.ts";
import { quotient, type WidePixels } from "./wide-sums.ts";

/** The L1 statistics set of integers of 64 bits, of which a float64 does not hold all. */
export interface WideStatistics extends ArrayStatistics {
  /** What is whole, without any rounding; the median is `undefined` where it lies between two integers. */
  readonly exact: { readonly min: bigint; readonly max: bigint; readonly median: bigint | undefined };
}

/** Every number is rounded once, at its end; of at least one pixel. */
export function wideStatistics(data: WidePixels): WideStatistics {
  const count = data.length;
  const { min, max, sum } = wideCensus(data);
  // Reals hold how far the pixels are from their mean, where they do not hold the pixels.
  const centre = sum / BigInt(count);
  const deltas = Float64Array.from<bigint>(data as BigInt64Array, (value) => Number(value - centre));
  const middle = [(count - 1) >> 1, count >> 1];
  const ranks = [...middle, ...percentileRanks(headerPercents, count)];
  const found = max - min < 2n ** 53n ? near(deltas, centre, ranks) : sorted(data, ranks);
  const [low, high, ...rest] = found as [bigint, bigint, ...bigint[]];
  const { rms, skewness, kurtosis } =
    min === max
      ? { rms: 0, skewness: Number.NaN, kurtosis: Number.NaN }
      : centralMoments(deltas, quotient(sum - centre * BigInt(count), BigInt(count)), count);
  const percentiles = headerPercents.map((percent, i) => {
    const position = (count - 1) * (percent / 100);
    return between(rest[2 * i] as bigint, rest[2 * i + 1] as bigint, position - Math.floor(position));
  });
  return {
    count,
    nan: 0,
    min: Number(min),
    max: Number(max),
    mean: quotient(sum, BigInt(count)),
    median: Number(low + high) / 2,
    rms,
    skewness,
    kurtosis,
    percentiles: Object.fromEntries(
      headerPercents.map((percent, i) => [percent, percentiles[i]]),
    ) as ArrayStatistics["percentiles"],
    exact: { min, max, median: (low + high) % 2n === 0n ? (low + high) / 2n : undefined },
  };
}

interface WideCensus {
  readonly min: bigint;
  readonly max: bigint;
  readonly sum: bigint;
}

function wideCensus(data: WidePixels): WideCensus {
  let [min, max] = [data[0] as bigint, data[0] as bigint];
  let [upper, lower] = [0, 0];
  let sum = 0n;
  for (const [i, value] of data.entries()) {
    if (value < min) min = value;
    else if (value > max) max = value;
    // Of halves of 32 bits, so many of which a float64 adds up exactly: sums of a bigint each take far longer.
    lower += Number(BigInt.asUintN(32, value));
    upper += Number(value >> 32n);
    if (i % 2 ** 20 === 0) {
      sum += (BigInt(upper) << 32n) + BigInt(lower);
      [upper, lower] = [0, 0];
    }
  }
  return { min, max, sum: sum + (BigInt(upper) << 32n) + BigInt(lower) };
}

function near(deltas: Float64Array, centre: bigint, ranks: readonly number[]): readonly bigint[] {
  return orderStatistics(deltas, ranks).map((delta) => centre + BigInt(delta));
}

function sorted(data: WidePixels, ranks: readonly number[]): readonly bigint[] {
  const values = data.slice().sort();
  return ranks.map((rank) => values[rank] as bigint);
}

/** By numpy's linear rule. */
function between(low: bigint, high: bigint, weight: number): number {
  const apart = Number(high - low);
  return weight < 0.5 ? Number(low) + apart * weight : Number(high) - apart * (1 - weight);
}
