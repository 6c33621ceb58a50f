import type { NdArray } from "../core/ndarray.ts";
import { toFloat64 } from "./precision.ts";
import { imageSize } from "./shape.ts";

/**
 * For each pixel the median of its neighbours: the square of (2·radius + 1)² pixels around it without itself, cut at the
 * edges. NaN and flagged neighbours are left out; a pixel without a good neighbour gets NaN.
 */
export function localMedian(image: NdArray, radius = 2, mask?: NdArray<Uint32Array>): NdArray<Float64Array> {
  const { rows, columns } = imageSize(image, "take local medians of");
  const values = goodValues(image, mask);
  const out = new Float64Array(values.length);
  const neighbours = new Float64Array((2 * radius + 1) ** 2);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const count = gatherNeighbours(values, rows, columns, row, column, radius, neighbours);
      out[row * columns + column] = medianOfSorted(neighbours, count);
    }
  }
  return { data: out, shape: image.shape };
}

/** The pixels as float64, NaN where any flag is set. */
export function goodValues(image: NdArray, mask?: NdArray<Uint32Array>): Float64Array {
  const values = toFloat64(image.data);
  if (mask === undefined) return values;
  const flags = mask.data;
  for (let i = 0; i < values.length; i++) if (flags[i] !== 0) values[i] = Number.NaN;
  return values;
}

/** Puts the good neighbours of a pixel, sorted, at the front of `into` and returns how many there are. */
export function gatherNeighbours(
  values: Float64Array,
  rows: number,
  columns: number,
  row: number,
  column: number,
  radius: number,
  into: Float64Array,
): number {
  const top = Math.max(0, row - radius);
  const bottom = Math.min(rows - 1, row + radius);
  const left = Math.max(0, column - radius);
  const right = Math.min(columns - 1, column + radius);
  const self = row * columns + column;
  let count = 0;
  for (let y = top; y <= bottom; y++) {
    const end = y * columns + right;
    for (let i = y * columns + left; i <= end; i++) {
      const value = values[i] as number;
      if (i === self || Number.isNaN(value)) continue;
      let at = count++;
      while (at > 0 && (into[at - 1] as number) > value) {
        into[at] = into[at - 1] as number;
        at -= 1;
      }
      into[at] = value;
    }
  }
  return count;
}

export function medianOfSorted(sorted: Float64Array, count: number): number {
  if (count === 0) return Number.NaN;
  return ((sorted[(count - 1) >> 1] as number) + (sorted[count >> 1] as number)) / 2;
}
