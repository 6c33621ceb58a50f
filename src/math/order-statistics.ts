import type { PixelArray } from "../core/ndarray.ts";
import { type Census, takeCensus } from "./census.ts";
import { loadChunk, newChunk } from "./chunk.ts";

const binCount = 16_384;
const sortLimit = 4096;

/**
 * The values that a sort would put at these ranks (0-based, NaN left out), without a sort: a histogram finds the bins
 * that hold them, and only those bins are looked into. Linear in the number of elements, exact for every input.
 */
export function orderStatistics(
  data: PixelArray,
  ranks: readonly number[],
  census: Census = takeCensus(data),
): number[] {
  const { negativeInfinities, finiteMin, finiteMax, count } = census;
  const values = new Map<number, number>();
  const finite: number[] = [];
  const positiveFrom = count - census.positiveInfinities;
  for (const rank of new Set(ranks)) {
    if (!(rank >= 0 && rank < count)) values.set(rank, Number.NaN);
    else if (rank < negativeInfinities) values.set(rank, Number.NEGATIVE_INFINITY);
    else if (rank >= positiveFrom) values.set(rank, Number.POSITIVE_INFINITY);
    else finite.push(rank);
  }
  if (finite.length > 0) select(data, finiteMin, finiteMax, finite, negativeInfinities, values);
  return ranks.map((rank) => values.get(rank) ?? Number.NaN);
}

/**
 * Percentiles by numpy's default rule: linear between the two nearest ranks. NaN is left out; without any number every
 * percentile is NaN.
 */
export function percentiles(
  data: PixelArray,
  percents: readonly number[],
  census: Census = takeCensus(data),
): number[] {
  const positions = percents.map((percent) => (census.count - 1) * (percent / 100));
  const ranks = positions.flatMap((position) => [Math.floor(position), Math.ceil(position)]);
  const values = orderStatistics(data, ranks, census);
  return positions.map((position, i) => {
    const low = values[2 * i] as number;
    const high = values[2 * i + 1] as number;
    const weight = position - Math.floor(position);
    if (low === high) return low;
    // numpy's order of operations, so that the last bit agrees too.
    return weight < 0.5 ? low + (high - low) * weight : high - (high - low) * (1 - weight);
  });
}

/** The median; the mean of the middle two where their number is even. NaN is left out; NaN without any number. */
export function median(data: PixelArray, census: Census = takeCensus(data)): number {
  const [low, high] = orderStatistics(data, [(census.count - 1) >> 1, census.count >> 1], census) as [number, number];
  return low === high ? low : (low + high) / 2;
}

/** `first` is the rank of the smallest value that lies within the limits; whatever lies outside them is left out. */
function select(
  data: PixelArray,
  low: number,
  high: number,
  ranks: readonly number[],
  first: number,
  into: Map<number, number>,
): void {
  const scale = binCount / (high - low);
  if (low === high || scale === 0 || !Number.isFinite(scale) || data.length <= sortLimit) {
    const sorted = gather(data, low, high).sort();
    for (const rank of ranks) into.set(rank, sorted[rank - first] as number);
    return;
  }
  const counts = new Uint32Array(binCount);
  const chunk = newChunk();
  for (let start = 0; start < data.length; ) {
    const length = loadChunk(data, start, chunk);
    for (let i = 0; i < length; i++) {
      const value = chunk[i] as number;
      if (value >= low && value <= high) {
        const bin = ((value - low) * scale) | 0;
        const safe = bin < binCount ? bin : binCount - 1;
        counts[safe] = (counts[safe] as number) + 1;
      }
    }
    start += length;
  }
  const buckets = wantedBuckets(counts, ranks, first);
  fill(data, low, high, scale, buckets);
  for (const bucket of buckets) {
    const { min, max } = extremes(bucket.values);
    select(bucket.values, min, max, bucket.ranks, bucket.first, into);
  }
}

interface Bucket {
  readonly bin: number;
  readonly first: number;
  readonly ranks: readonly number[];
  readonly values: Float64Array;
}

function wantedBuckets(counts: Uint32Array, ranks: readonly number[], first: number): Bucket[] {
  const sorted = [...ranks].sort((a, b) => a - b);
  const buckets: Bucket[] = [];
  let before = first;
  let next = 0;
  for (let bin = 0; bin < binCount && next < sorted.length; bin++) {
    const after = before + (counts[bin] as number);
    const begin = next;
    while (next < sorted.length && (sorted[next] as number) < after) next += 1;
    if (next > begin) {
      buckets.push({ bin, first: before, ranks: sorted.slice(begin, next), values: new Float64Array(after - before) });
    }
    before = after;
  }
  return buckets;
}

function fill(data: PixelArray, low: number, high: number, scale: number, buckets: readonly Bucket[]): void {
  const bucketOfBin = new Uint8Array(binCount);
  const filled = new Uint32Array(buckets.length + 1);
  buckets.forEach((bucket, i) => {
    bucketOfBin[bucket.bin] = i + 1;
  });
  const targets = [new Float64Array(0), ...buckets.map((bucket) => bucket.values)];
  const chunk = newChunk();
  for (let start = 0; start < data.length; ) {
    const length = loadChunk(data, start, chunk);
    for (let i = 0; i < length; i++) {
      const value = chunk[i] as number;
      if (value >= low && value <= high) {
        const bin = ((value - low) * scale) | 0;
        const which = bucketOfBin[bin < binCount ? bin : binCount - 1] as number;
        if (which > 0) {
          const at = filled[which] as number;
          (targets[which] as Float64Array)[at] = value;
          filled[which] = at + 1;
        }
      }
    }
    start += length;
  }
}

function gather(data: PixelArray, low: number, high: number): Float64Array {
  const values = new Float64Array(data.length);
  const chunk = newChunk();
  let filled = 0;
  for (let start = 0; start < data.length; ) {
    const length = loadChunk(data, start, chunk);
    for (let i = 0; i < length; i++) {
      const value = chunk[i] as number;
      if (value >= low && value <= high) values[filled++] = value;
    }
    start += length;
  }
  return values.subarray(0, filled);
}

function extremes(values: Float64Array): { min: number; max: number } {
  let [min, max] = [values[0] as number, values[0] as number];
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as number;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}
