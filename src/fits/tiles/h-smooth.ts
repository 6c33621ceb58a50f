/**
 * Moves the differences of an H-transform towards what the neighbouring sums suggest, by at most half of the scale that
 * their digits were dropped at, and never so far that a slope would turn (the smoothing of HCOMPRESS_1, FITS 4.0 §10.4.3).
 * Works on the upper left `columns` × `rows` coefficients of rows `stride` apart; those at the edge stay.
 */
export function smoothTransform(
  values: Float64Array,
  stride: number,
  columns: number,
  rows: number,
  scale: number,
): void {
  const most = Math.floor(scale / 2);
  if (most <= 0) return;
  for (let row = 2; row < rows - 2; row += 2) {
    for (let column = 0; column < columns; column += 2) {
      smoothSlope(values, row * stride + column, 2 * stride, stride, most);
    }
  }
  for (let row = 0; row < rows; row += 2) {
    for (let column = 2; column < columns - 2; column += 2) {
      smoothSlope(values, row * stride + column, 2, 1, most);
    }
  }
  for (let row = 2; row < rows - 2; row += 2) {
    for (let column = 2; column < columns - 2; column += 2) {
      smoothCurvature(values, row * stride + column, stride, most);
    }
  }
}

/** The difference at `at + own`, by the sums one block before and behind. */
function smoothSlope(values: Float64Array, at: number, block: number, own: number, most: number): void {
  const before = values[at - block] as number;
  const here = values[at] as number;
  const behind = values[at + block] as number;
  const highest = Math.max(Math.min(behind - here, here - before), 0) * 4;
  const lowest = Math.min(Math.max(behind - here, here - before), 0) * 4;
  if (lowest >= highest) return;
  const wanted = Math.max(Math.min(behind - before, highest), lowest);
  const slope = values[at + own] as number;
  values[at + own] = slope + within(Math.trunc((wanted - slope * 8) / 8), most);
}

/** The curvature at the lower right of the block, by the sums of the four blocks at its corners. */
function smoothCurvature(values: Float64Array, at: number, stride: number, most: number): void {
  const here = values[at] as number;
  const mm = values[at - 2 * stride - 2] as number;
  const pm = values[at + 2 * stride - 2] as number;
  const mp = values[at - 2 * stride + 2] as number;
  const pp = values[at + 2 * stride + 2] as number;
  const x = 2 * (values[at + stride] as number);
  const y = 2 * (values[at + 1] as number);
  const highest =
    16 *
    Math.min(
      Math.max(pp - here, 0) - x - y,
      Math.max(here - pm, 0) + x - y,
      Math.max(here - mp, 0) - x + y,
      Math.max(mm - here, 0) + x + y,
    );
  const lowest =
    16 *
    Math.max(
      Math.min(pp - here, 0) - x - y,
      Math.min(here - pm, 0) + x - y,
      Math.min(here - mp, 0) - x + y,
      Math.min(mm - here, 0) + x + y,
    );
  if (lowest >= highest) return;
  const wanted = Math.max(Math.min(pp + mm - mp - pm, highest), lowest);
  const curvature = values[at + stride + 1] as number;
  values[at + stride + 1] = curvature + within(Math.trunc((wanted - curvature * 64) / 64), most);
}

function within(change: number, most: number): number {
  return Math.max(Math.min(change, most), -most);
}
