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
    const low = select(square, count, (count - 1) >> 1);
    return count % 2 === 1 ? low : (low + select(square, count, count >> 1)) / 2;
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

/** The value of that rank among the first `count` (C. A. R. Hoare, Comm. ACM 4 (1961) 321). Changes their order. */
function select(values: Float64Array, count: number, rank: number): number {
  let [low, high] = [0, count - 1];
  while (low < high) {
    const pivot = values[rank] as number;
    let [left, right] = [low, high];
    while (left <= right) {
      while ((values[left] as number) < pivot) left += 1;
      while ((values[right] as number) > pivot) right -= 1;
      if (left > right) break;
      const swapped = values[left] as number;
      values[left] = values[right] as number;
      values[right] = swapped;
      left += 1;
      right -= 1;
    }
    if (right < rank) low = left;
    if (rank < left) high = right;
  }
  return values[rank] as number;
}
