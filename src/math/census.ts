import type { PixelArray } from "../core/ndarray.ts";
import { forEachPortion } from "./chunk.ts";

/** What one pass over pixels tells; NaN is counted and otherwise ignored. */
export interface Census {
  /** Elements that are not NaN. */
  readonly count: number;
  readonly nan: number;
  /** NaN where `count` is 0. */
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  /** The smallest and the largest finite value; NaN where there is none. */
  readonly finiteMin: number;
  readonly finiteMax: number;
  readonly negativeInfinities: number;
  readonly positiveInfinities: number;
}

export function takeCensus(data: PixelArray): Census {
  let [low, high, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  let [nan, negative, positive] = [0, 0, 0];
  forEachPortion(data, (kernels, is32, length, start) => {
    const [least, greatest, total, finite] = kernels.census(is32, length);
    low = Math.min(low, least);
    high = Math.max(high, greatest);
    sum += total;
    if (finite === length) return;
    for (let i = start; i < start + length; i++) {
      const value = data[i] as number;
      if (Number.isNaN(value)) nan += 1;
      else if (value === Number.NEGATIVE_INFINITY) negative += 1;
      else if (value === Number.POSITIVE_INFINITY) positive += 1;
    }
  });
  const count = data.length - nan;
  const finite = count - negative - positive > 0;
  if (negative > 0) sum += Number.NEGATIVE_INFINITY;
  if (positive > 0) sum += Number.POSITIVE_INFINITY;
  return {
    count,
    nan,
    min: count === 0 ? Number.NaN : negative > 0 ? Number.NEGATIVE_INFINITY : low,
    max: count === 0 ? Number.NaN : positive > 0 ? Number.POSITIVE_INFINITY : high,
    sum,
    finiteMin: finite ? low : Number.NaN,
    finiteMax: finite ? high : Number.NaN,
    negativeInfinities: negative,
    positiveInfinities: positive,
  };
}
