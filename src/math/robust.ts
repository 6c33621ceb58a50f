import type { PixelArray } from "../core/ndarray.ts";
import { takeCensus } from "./census.ts";
import { median } from "./order-statistics.ts";
import { random } from "./random.ts";
import { empty } from "./shape.ts";

/** σ of a normal distribution over its median absolute deviation: 1/Φ⁻¹(3/4). */
export const deviationPerMad = 1.482602218505602;

/** The median of |x - centre|, the median of the data by default. NaN is left out. */
export function medianAbsoluteDeviation(data: PixelArray, centre = median(data)): number {
  const distances = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) distances[i] = Math.abs(Number(data[i]) - centre);
  return median(distances);
}

export interface RobustLocation {
  readonly value: number;
  /** One standard deviation of `value`, for normal noise. */
  readonly uncertainty: number;
  /** The standard deviation of a single kept element. */
  readonly deviation: number;
  readonly kept: number;
  readonly rejected: number;
}

export interface RobustOptions {
  /** Elements further than this many deviations from the median are left out. Default 3. */
  readonly sigma?: number;
  /** Default 20; ends earlier when nothing more is left out. */
  readonly iterations?: number;
}

/**
 * The median after repeated clipping about it, with the deviation taken from the median absolute deviation (P. J. Huber,
 * Robust Statistics, 1981, §5.1: the most robust pair). The uncertainty is that of a median of n normal values,
 * √(π/2)·σ/√n. It suits a background with a few outliers; where a tail of real signal outweighs them, see `modeEstimate`.
 *
 * @throws FirstlightError ARRAY_EMPTY without any number
 */
export function robustLocation(data: PixelArray, options: RobustOptions = {}): RobustLocation {
  const { sigma = 3, iterations = 20 } = options;
  let kept = numbersIn(data);
  const total = kept.length;
  if (total === 0) throw empty("take the location of", "data without any number");
  let value = median(kept);
  let deviation = deviationPerMad * medianAbsoluteDeviation(kept, value);
  for (let round = 0; round < iterations; round++) {
    const limit = sigma * deviation;
    const next = kept.filter((element) => Math.abs(element - value) <= limit);
    if (next.length === kept.length || next.length === 0) break;
    kept = next;
    value = median(kept);
    deviation = deviationPerMad * medianAbsoluteDeviation(kept, value);
  }
  return {
    value,
    uncertainty: (Math.sqrt(Math.PI / 2) * deviation) / Math.sqrt(kept.length),
    deviation,
    kept: kept.length,
    rejected: total - kept.length,
  };
}

export interface ModeOptions {
  /** Bootstrap resamples that the uncertainty rests on. Default 200. */
  readonly resamples?: number;
  readonly seed?: number | string;
}

export interface ModeEstimate {
  readonly value: number;
  /** One standard deviation of `value`: its spread over bootstrap resamples (B. Efron, Ann. Statist. 7 (1979) 1). */
  readonly uncertainty: number;
  readonly count: number;
}

/**
 * The half-sample mode: of all runs of half the sorted values take the shortest, again and again, until at most three are
 * left (D. R. Bickel, R. Frühwirth, Comput. Stat. Data Anal. 50 (2006) 3500). It ignores a one-sided tail, such as faint
 * corona over a pedestal, that still drags the median. Where two peaks rival, resamples hop between them, and the
 * uncertainty is of the size of their distance. NaN is left out.
 *
 * @throws FirstlightError ARRAY_EMPTY without any number
 */
export function modeEstimate(data: PixelArray, options: ModeOptions = {}): ModeEstimate {
  const { resamples = 200, seed = 1 } = options;
  const sorted = numbersIn(data).sort();
  const count = sorted.length;
  if (count === 0) throw empty("take the mode of", "data without any number");
  const draws = random(seed);
  const sample = new Float64Array(count);
  const modes = new Float64Array(resamples);
  for (let k = 0; k < resamples; k++) {
    for (let i = 0; i < count; i++) sample[i] = sorted[draws.integer(count)] as number;
    modes[k] = halfSampleMode(sample.sort());
  }
  const mean = modes.reduce((sum, mode) => sum + mode, 0) / resamples;
  const squares = modes.reduce((sum, mode) => sum + (mode - mean) ** 2, 0);
  return { value: halfSampleMode(sorted), uncertainty: Math.sqrt(squares / Math.max(1, resamples - 1)), count };
}

function halfSampleMode(sorted: Float64Array): number {
  let [first, count] = [0, sorted.length];
  while (count > 3) {
    const half = Math.ceil(count / 2);
    let [best, shortest, ties] = [first, Number.POSITIVE_INFINITY, 0];
    for (let at = first; at + half <= first + count; at++) {
      const length = (sorted[at + half - 1] as number) - (sorted[at] as number);
      if (length < shortest) [best, shortest, ties] = [at, length, 1];
      // Whole numbers make many equal runs: the middle one of neighbours favours neither side.
      else if (length === shortest && at === best + ties) ties += 1;
    }
    first = best + ((ties - 1) >> 1);
    count = half;
  }
  const [a, b, c] = [sorted[first], sorted[first + 1], sorted[first + 2]] as [number, number, number];
  if (count === 1) return a;
  if (count === 2) return (a + b) / 2;
  if (b - a === c - b) return b;
  return b - a < c - b ? (a + b) / 2 : (b + c) / 2;
}

function numbersIn(data: PixelArray): Float64Array {
  const { count } = takeCensus(data);
  const out = new Float64Array(count);
  let filled = 0;
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (!Number.isNaN(value)) out[filled++] = value;
  }
  return out;
}
