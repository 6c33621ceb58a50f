import { selectRank } from "../core/select-rank.ts";

/** What is known at any index, or found when it is asked for. */
export interface Lookup {
  at(index: number): number;
}

/**
 * The median of the square of (2·radius + 1)² pixels around a pixel, itself among them; beyond the edge the nearest counts, as in
 * scipy's `median_filter` with the mode `nearest`. NaN is left out. Each is found when it is asked for, and then known.
 */
export function squareMedian(values: Float64Array | Lookup, rows: number, columns: number, radius: number): Lookup {
  const value = values instanceof Float64Array ? (i: number) => values[i] as number : (i: number) => values.at(i);
  const known = new Float64Array(rows * columns);
  const isKnown = new Uint8Array(rows * columns);
  const square = new Float64Array((2 * radius + 1) ** 2);
  const find = (index: number): number => {
    const row = Math.floor(index / columns);
    const column = index - row * columns;
    let count = 0;
    for (let y = row - radius; y <= row + radius; y += 1) {
      const start = Math.min(rows - 1, Math.max(0, y)) * columns;
      for (let x = column - radius; x <= column + radius; x += 1) {
        const each = value(start + Math.min(columns - 1, Math.max(0, x)));
        if (!Number.isNaN(each)) square[count++] = each;
      }
    }
    if (count === 0) return Number.NaN;
    const low = selectRank(square, count, (count - 1) >> 1);
    return count % 2 === 1 ? low : (low + selectRank(square, count, count >> 1)) / 2;
  };
  return {
    at(index) {
      if (isKnown[index] === 0) {
        known[index] = find(index);
        isKnown[index] = 1;
      }
      return known[index] as number;
    },
  };
}
