import { smoothTransform } from "./h-smooth.ts";

/**
 * Turns H-transform coefficients, row by row, back into pixels in place (White, Postman and Lattanzi 1992). Each step makes
 * sum and differences of 2 × 2 pixels into the pixels; bits that were dropped when a sum was halved are told by the parities
 * of the differences, so that it is exact. A smoothing scale above 1 interpolates between blocks first.
 */
export function invertTransform(values: Float64Array, width: number, height: number, smoothingScale: number): void {
  const depth = 32 - Math.clz32(Math.max(width, height) - 1);
  const scratch = new Float64Array((Math.max(width, height) + 1) >> 1);
  if (depth > 0) values[0] = toMultiple(values[0] as number, 2 ** (depth + 1));
  for (let level = depth - 1; level >= 0; level -= 1) {
    const columns = Math.ceil(width / 2 ** level);
    const rows = Math.ceil(height / 2 ** level);
    for (let row = 0; row < rows; row += 1) interleave(values, row * width, columns, 1, scratch);
    for (let column = 0; column < columns; column += 1) interleave(values, column, rows, width, scratch);
    if (smoothingScale > 1) smoothTransform(values, width, columns, rows, smoothingScale);
    combine(values, width, columns, rows, level);
  }
}

/** Rounds to a multiple of a power of 2, halves away from zero. */
function toMultiple(value: number, step: number): number {
  const half = step / 2;
  return Math.floor((value + (value >= 0 ? half : half - 1)) / step) * step;
}

/** The bit of that weight, of a number in two's complement. */
function bitOf(value: number, weight: number): number {
  return Math.floor(value / weight) & 1;
}

/** One level: sum `h0` and differences `hx`, `hy`, `hc` of each 2 × 2 block become its pixels. */
function combine(values: Float64Array, width: number, columns: number, rows: number, level: number): void {
  const low = 2 ** level;
  const high = 2 * low;
  const divisor = level === 0 ? 4 : 2;
  for (let row = 0; row < rows; row += 2) {
    const below = row + 1 < rows;
    for (let column = 0; column < columns; column += 2) {
      const at = row * width + column;
      const beside = column + 1 < columns;
      let h0 = values[at] as number;
      if (below && beside) {
        let hx = toMultiple(values[at + width] as number, high);
        let hy = toMultiple(values[at + 1] as number, high);
        const hc = level === 0 ? (values[at + width + 1] as number) : toMultiple(values[at + width + 1] as number, low);
        const lowest = bitOf(hc, low) * low;
        hx += hx >= 0 ? -lowest : lowest;
        hy += hy >= 0 ? -lowest : lowest;
        const second = ((bitOf(hc, high) + bitOf(hx, high) + bitOf(hy, high)) & 1) * high;
        if (h0 >= 0) h0 += lowest - second;
        else h0 += lowest === 0 ? second : lowest - second;
        values[at + width + 1] = Math.floor((h0 + hx + hy + hc) / divisor);
        values[at + width] = Math.floor((h0 + hx - hy - hc) / divisor);
        values[at + 1] = Math.floor((h0 - hx + hy - hc) / divisor);
        values[at] = Math.floor((h0 - hx - hy + hc) / divisor);
      } else if (below || beside) {
        // At an odd edge two pixels are left, with one difference.
        const other = at + (below ? width : 1);
        const difference = toMultiple(values[other] as number, high);
        const lowest = bitOf(difference, high) * high;
        h0 += h0 >= 0 ? -lowest : lowest;
        values[other] = Math.floor((h0 + difference) / divisor);
        values[at] = Math.floor((h0 - difference) / divisor);
      } else {
        values[at] = Math.floor(h0 / divisor);
      }
    }
  }
}

/** Puts the second half of a row or column between the elements of the first. */
function interleave(values: Float64Array, start: number, count: number, step: number, scratch: Float64Array): void {
  const half = (count + 1) >> 1;
  for (let index = half; index < count; index += 1) scratch[index - half] = values[start + index * step] as number;
  for (let index = half - 1; index >= 1; index -= 1)
    values[start + 2 * index * step] = values[start + index * step] as number;
  for (let index = half; index < count; index += 1)
    values[start + (2 * (index - half) + 1) * step] = scratch[index - half] as number;
}
