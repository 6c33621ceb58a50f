import type { PixelArray } from "../core/ndarray.ts";
import { type Bins, valueBins, valueKernels } from "../kernels/value-kernels.ts";
import { type Census, takeCensus } from "./census.ts";
import { requirePercents } from "./check-options.ts";
import { forEachPortion, loadChunk, newChunk } from "./chunk.ts";

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
 *
 * @throws FirstlightError MATH_OPTION for a percentile outside of 0 to 100
 */
export function percentiles(
  data: PixelArray,
  percents: readonly number[],
  census: Census = takeCensus(data),
): number[] {
  requirePercents(percents);
  return percentilesOf(percents, census.count, orderStatistics(data, percentileRanks(percents, census.count), census));
}

/** The two ranks between which each percentile of so many values lies. */
export function percentileRanks(percents: readonly number[], count: number): number[] {
  return percents.flatMap((percent) => {
    const position = (count - 1) * (percent / 100);
    return [Math.floor(position), Math.ceil(position)];
  });
}

/** Percentiles of the values at their ranks. */
export function percentilesOf(percents: readonly number[], count: number, values: readonly number[]): number[] {
  return percents.map((percent, i) => {
    const position = (count - 1) * (percent / 100);
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
  // A bin of images with few different values, as masks and bias frames are, holds one value and millions of pixels.
  if (low === high) {
    for (const rank of ranks) into.set(rank, low);
    return;
  }
  const scale = valueBins / (high - low);
  if (scale === 0 || !Number.isFinite(scale) || data.length <= sortLimit) {
    const sorted = gather(data, low, high).sort();
    for (const rank of ranks) into.set(rank, sorted[rank - first] as number);
    return;
  }
  const bins = { low, high, scale };
  valueKernels().counts.fill(0);
  forEachPortion(data, (kernels, is32, count) => kernels.count(is32, count, bins));
  for (const batch of batched(wantedBuckets(valueKernels().counts, ranks, first))) {
    fill(data, bins, batch);
    for (const bucket of batch) {
      const { min, max } = extremes(bucket.values);
      select(bucket.values, min, max, bucket.ranks, bucket.first, into);
    }
  }
}

/** A bucket's number is a byte, and not 0. */
const mostBuckets = 255;

function batched(buckets: readonly Bucket[]): Bucket[][] {
  const length = Math.ceil(buckets.length / mostBuckets);
  return Array.from({ length }, (_, i) => buckets.slice(i * mostBuckets, (i + 1) * mostBuckets));
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
  for (let bin = 0; bin < valueBins && next < sorted.length; bin++) {
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

function fill(data: PixelArray, bins: Bins, buckets: readonly Bucket[]): void {
  const { wanted } = valueKernels();
  wanted.fill(0);
  for (const [i, { bin }] of buckets.entries()) wanted[bin] = i + 1;
  const filled = new Uint32Array(buckets.length);
  forEachPortion(data, (kernels, is32, count) => {
    const { values, numbers } = kernels.pick(is32, count, bins);
    for (let i = 0; i < values.length; i++) {
      const which = (numbers[i] as number) - 1;
      const at = filled[which] as number;
      (buckets[which] as Bucket).values[at] = values[i] as number;
      filled[which] = at + 1;
    }
  });
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
