import type { NdArray } from "../core/ndarray.ts";
import { solveSymmetric } from "./linear-solve.ts";
import { goodValues } from "./local-median.ts";
import { imageSize } from "./shape.ts";

export interface SurfaceOptions {
  /** The highest total degree of the polynomial in x and y. Default 4; beyond 8 it loses digits. */
  readonly degree?: number;
  /** Flagged pixels are left out of the fit. */
  readonly mask?: NdArray<Uint32Array>;
}

/**
 * The polynomial in x and y that fits the good pixels best by least squares, evaluated at every pixel: the smooth part of
 * an image, such as the illumination of a flat. NaN and infinities are left out of the fit.
 *
 * @throws FirstlightError MATH_SINGULAR where too few good pixels are left
 */
export function fitSurface(image: NdArray, options: SurfaceOptions = {}): NdArray<Float64Array> {
  const { rows, columns } = imageSize(image, "fit a surface to");
  const { degree = 4, mask } = options;
  const values = goodValues(image, mask);
  const powers = exponents(degree);
  const n = powers.length;
  const matrix = new Float64Array(n * n);
  const right = new Float64Array(n);
  const moments = new Float64Array(2 * degree + 1);
  const weighted = new Float64Array(degree + 1);
  for (let row = 0; row < rows; row++) {
    rowMoments(values, row * columns, columns, moments, weighted);
    const y = coordinate(row, rows);
    for (let a = 0; a < n; a++) {
      const [xa, ya] = powers[a] as readonly [number, number];
      right[a] = (right[a] as number) + (weighted[xa] as number) * y ** ya;
      for (let b = 0; b <= a; b++) {
        const [xb, yb] = powers[b] as readonly [number, number];
        matrix[a * n + b] = (matrix[a * n + b] as number) + (moments[xa + xb] as number) * y ** (ya + yb);
      }
    }
  }
  for (let a = 0; a < n; a++) for (let b = 0; b < a; b++) matrix[b * n + a] = matrix[a * n + b] as number;
  return { data: evaluate(solveSymmetric(matrix, right), powers, degree, rows, columns), shape: image.shape };
}

/** Σxᵏ and Σv·xᵏ over the good pixels of one row. */
function rowMoments(
  values: Float64Array,
  start: number,
  columns: number,
  moments: Float64Array,
  weighted: Float64Array,
): void {
  moments.fill(0);
  weighted.fill(0);
  for (let column = 0; column < columns; column++) {
    const value = values[start + column] as number;
    if (!Number.isFinite(value)) continue;
    const x = coordinate(column, columns);
    let power = 1;
    for (let k = 0; k < moments.length; k++) {
      moments[k] = (moments[k] as number) + power;
      if (k < weighted.length) weighted[k] = (weighted[k] as number) + value * power;
      power *= x;
    }
  }
}

function evaluate(
  coefficients: Float64Array,
  powers: readonly (readonly [number, number])[],
  degree: number,
  rows: number,
  columns: number,
): Float64Array {
  const out = new Float64Array(rows * columns);
  const inX = new Float64Array(degree + 1);
  for (let row = 0; row < rows; row++) {
    const y = coordinate(row, rows);
    inX.fill(0);
    powers.forEach(([px, py], i) => {
      inX[px] = (inX[px] as number) + (coefficients[i] as number) * y ** py;
    });
    for (let column = 0; column < columns; column++) {
      const x = coordinate(column, columns);
      let value = 0;
      for (let k = degree; k >= 0; k--) value = value * x + (inX[k] as number);
      out[row * columns + column] = value;
    }
  }
  return out;
}

function exponents(degree: number): (readonly [number, number])[] {
  const powers: (readonly [number, number])[] = [];
  for (let total = 0; total <= degree; total++) {
    for (let y = 0; y <= total; y++) powers.push([total - y, y]);
  }
  return powers;
}

/** Pixel positions from -1 to 1, which keeps the powers apart. */
function coordinate(index: number, length: number): number {
  return length === 1 ? 0 : (2 * index) / (length - 1) - 1;
}
