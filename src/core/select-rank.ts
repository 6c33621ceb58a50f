/** The value of that rank, from 0, among the first `count` (C. A. R. Hoare, Comm. ACM 4 (1961) 321). Changes their order. */
export function selectRank(values: Float32Array | Float64Array, count: number, rank: number): number {
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
