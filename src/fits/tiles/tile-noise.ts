import { selectRank } from "../../core/select-rank.ts";
import type { EncodeKernels } from "../../kernels/encode-kernels.ts";

/** What the quantisation needs to know of a tile. NaN counts as undefined. */
export interface TileNoise {
  /** Of one pixel, in the unit of the pixels; 0 where there are too few pixels, or all are alike. */
  readonly noise: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly definedCount: number;
}

/** Memory that is used again from tile to tile: three arrays as long as a row. */
export interface NoiseMemory<T extends Float32Array | Float64Array> {
  readonly second: T;
  readonly third: T;
  readonly fifth: T;
}

/** From the median of absolute differences to the width of a normal distribution, for differences of each order. */
const widthOf = { second: 1.0483579, third: 0.6052697, fifth: 0.1772048 } as const;
const leastRow = 9;

/** The length of the rows that noise is looked for in: of a tile with short rows, all of it is one. */
export function noiseRowLength(count: number, width: number): number {
  return width < leastRow ? count : width;
}

/**
 * The noise of a tile in rows of `rowLength`: in each row the medians of the absolute differences of second, third and fifth
 * order, over all rows the median of these, and of the three the smallest, as structure in the image makes them larger but
 * never smaller (Stoehr et al. 2008, ST-ECF Newsletter 42; Pence et al. 2009, PASP 121, 414). Runs of equal pixels do not
 * count. In the precision of the pixels, as cfitsio does it.
 */
export function tileNoise<T extends Float32Array | Float64Array>(
  pixels: T,
  rowLength: number,
  memory: NoiseMemory<T>,
): TileNoise {
  const rowCount = Math.floor(pixels.length / rowLength);
  const round = pixels instanceof Float32Array ? Math.fround : identity;
  const { second, third, fifth } = memory;
  const medians = { second: [] as number[], third: [] as number[], fifth: [] as number[] };
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  let definedCount = 0;
  for (let row = 0; row < rowCount; row += 1) {
    const stop = (row + 1) * rowLength;
    let seconds = 0;
    let thirds = 0;
    let seen = 0;
    // The nine pixels that a difference is made of, undefined ones left out.
    let v1 = 0;
    let v2 = 0;
    let v3 = 0;
    let v4 = 0;
    let v5 = 0;
    let v6 = 0;
    let v7 = 0;
    let v8 = 0;
    let v9 = 0;
    for (let index = row * rowLength; index < stop; index += 1) {
      const pixel = pixels[index] as number;
      if (Number.isNaN(pixel)) continue;
      if (pixel < minimum) minimum = pixel;
      if (pixel > maximum) maximum = pixel;
      v1 = v2;
      v2 = v3;
      v3 = v4;
      v4 = v5;
      v5 = v6;
      v6 = v7;
      v7 = v8;
      v8 = v9;
      v9 = pixel;
      seen += 1;
      if (seen < leastRow) continue;
      if (v5 !== v6 || v6 !== v7) second[seconds++] = Math.abs(v5 - v7);
      if (v3 !== v4 || v4 !== v5 || v5 !== v6 || v6 !== v7) {
        third[thirds] = Math.abs(round(round(2 * v5) - v3) - v7);
        fifth[thirds] = Math.abs(round(round(round(round(6 * v5) - round(4 * v3)) - round(4 * v7)) + v1) + v9);
        thirds += 1;
      }
    }
    definedCount += seen;
    if (thirds === 0) continue;
    medians.third.push(lowerMedian(third, thirds));
    medians.fifth.push(lowerMedian(fifth, thirds));
    if (seconds > 1 || (seconds === 1 && thirds === 1)) medians.second.push(lowerMedian(second, seconds));
  }
  return { noise: noiseOf(medians), minimum, maximum, definedCount };
}

/** The same by kernels that hold so many pixels of the tile. */
export function kernelNoise(kernels: EncodeKernels, count: number, rowLength: number): TileNoise {
  const medians = { second: [] as number[], third: [] as number[], fifth: [] as number[] };
  let [minimum, maximum, definedCount] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let start = 0; start + rowLength <= count; start += rowLength) {
    const row = kernels.noise(start, rowLength);
    minimum = Math.min(minimum, row.minimum);
    maximum = Math.max(maximum, row.maximum);
    definedCount += row.definedCount;
    if (row.thirds === 0) continue;
    medians.third.push(row.third);
    medians.fifth.push(row.fifth);
    if (row.seconds > 1 || (row.seconds === 1 && row.thirds === 1)) medians.second.push(row.second);
  }
  return { noise: noiseOf(medians), minimum, maximum, definedCount };
}

function noiseOf(medians: Readonly<Record<keyof typeof widthOf, number[]>>): number {
  let noise = widthOf.third * medianOf(medians.third);
  for (const order of ["second", "fifth"] as const) {
    const width = widthOf[order] * medianOf(medians[order]);
    if (width !== 0 && width < noise) noise = width;
  }
  return noise;
}

function identity(value: number): number {
  return value;
}

/** The mean of the two in the middle. */
function medianOf(values: number[]): number {
  const sorted = Float64Array.from(values).sort();
  const { length } = sorted;
  return length === 0 ? 0 : ((sorted[(length - 1) >> 1] as number) + (sorted[length >> 1] as number)) / 2;
}

/** The value in the middle of the first `count`, of an even number the lower one of two. Changes their order. */
function lowerMedian(values: Float32Array | Float64Array, count: number): number {
  return selectRank(values, count, (count - 1) >> 1);
}
