import { type ArrayStatistics, headerPercents } from "./array-statistics.ts";
import { centralMoments } from "./moments.ts";
import { orderStatistics, percentileRanks } from "./order-statistics.ts";
import { halves, quotient, type WidePixels } from "./wide-sums.ts";

/** The L1 statistics set of integers of 64 bits, of which a float64 does not hold all. */
export interface WideStatistics extends ArrayStatistics {
  /** What is whole, without any rounding; the median is `undefined` where it lies between two integers. */
  readonly exact: { readonly min: bigint; readonly max: bigint; readonly median: bigint | undefined };
}

/** Every number is rounded once, at its end; of at least one pixel. */
export function wideStatistics(data: WidePixels): WideStatistics {
  const count = data.length;
  const first = data[0] as bigint;
  const { deltas, sum, least, greatest } = apartFrom(first, data);
  // Reals hold how far the pixels are from one of them, where they do not hold the pixels.
  const isNear = Math.max(-least, greatest) < 2 ** 53;
  const sorted = isNear ? undefined : data.slice().sort();
  const middle = [(count - 1) >> 1, count >> 1];
  const ranks = [0, count - 1, ...middle, ...percentileRanks(headerPercents, count)];
  const found =
    sorted === undefined
      ? orderStatistics(deltas, ranks).map((delta) => first + BigInt(delta))
      : ranks.map((rank) => sorted[rank] as bigint);
  const [min, max, low, high, ...rest] = found as [bigint, bigint, bigint, bigint, ...bigint[]];
  const { rms, skewness, kurtosis } =
    min === max
      ? { rms: 0, skewness: Number.NaN, kurtosis: Number.NaN }
      : centralMoments(deltas, quotient(sum, BigInt(count)), count);
  const percentiles = headerPercents.map((percent, i) => {
    const position = (count - 1) * (percent / 100);
    return between(rest[2 * i] as bigint, rest[2 * i + 1] as bigint, position - Math.floor(position));
  });
  return {
    count,
    nan: 0,
    min: Number(min),
    max: Number(max),
    mean: quotient(first * BigInt(count) + sum, BigInt(count)),
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

interface Apart {
  /** Each rounded once; where all are below 2^53, not at all. */
  readonly deltas: Float64Array;
  /** Exact. */
  readonly sum: bigint;
  readonly least: number;
  readonly greatest: number;
}

/** How far the pixels are from an origin. In halves of 32 bits, as bigints take twenty times as long. */
function apartFrom(origin: bigint, data: WidePixels): Apart {
  const { words, tops } = halves(data);
  const [top, word] = [Number(origin >> 32n), Number(BigInt.asUintN(32, origin))];
  const deltas = new Float64Array(data.length);
  let [least, greatest, sum] = [0, 0, 0n];
  for (let from = 0; from < data.length; from += exactTerms) {
    let [upper, lower] = [0, 0];
    for (let i = from; i < Math.min(data.length, from + exactTerms); i += 1) {
      const above = (tops[2 * i + 1] as number) - top;
      const below = (words[2 * i] as number) - word;
      const delta = above * 2 ** 32 + below;
      deltas[i] = delta;
      upper += above;
      lower += below;
      if (delta < least) least = delta;
      else if (delta > greatest) greatest = delta;
    }
    sum += (BigInt(upper) << 32n) + BigInt(lower);
  }
  return { deltas, sum, least, greatest };
}

/** So many numbers of 33 bits a float64 adds up without rounding. */
const exactTerms = 2 ** 20;

/** By numpy's linear rule. */
function between(low: bigint, high: bigint, weight: number): number {
  const apart = Number(high - low);
  return weight < 0.5 ? Number(low) + apart * weight : Number(high) - apart * (1 - weight);
}
