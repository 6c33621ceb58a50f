import { FirstlightError } from "../../core/errors.ts";

export type Matrix = readonly (readonly number[])[];

/**
 * Where the pixels of a new image lie in an old one: old = linear · new + offset, in the pixel coordinates of FITS, NAXIS1 first,
 * with the centre of the first pixel at 1 (FITS 4.0 §8.1). Axes beyond those given stay as they are.
 */
export interface PixelMap {
  readonly linear: Matrix;
  readonly offset: readonly number[];
}

/** A part of an image: `offsets` pixels were left out before it along NAXIS1, NAXIS2, … */
export function translation(offsets: readonly number[]): PixelMap {
  return { linear: identity(offsets.length), offset: offsets };
}

export function identity(size: number): number[][] {
  return Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)));
}

/** The same map over more axes. */
export function extended({ linear, offset }: PixelMap, size: number): PixelMap {
  if (linear.length >= size) return { linear, offset };
  const more = identity(size);
  for (const [i, row] of linear.entries()) for (const [j, value] of row.entries()) (more[i] as number[])[j] = value;
  return { linear: more, offset: more.map((_, i) => offset[i] ?? 0) };
}

export function isDiagonal(matrix: Matrix): boolean {
  return matrix.every((row, i) => row.every((value, j) => i === j || value === 0));
}

export function isIdentity(matrix: Matrix): boolean {
  return isDiagonal(matrix) && matrix.every((row, i) => row[i] === 1);
}

export function product(a: Matrix, b: Matrix): number[][] {
  return a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * at(b, k, j), 0)));
}

export function applied(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, value, k) => sum + value * (vector[k] ?? 0), 0));
}

/**
 * By Gauss and Jordan with row pivots.
 *
 * @throws FirstlightError MATH_SINGULAR for a map that folds the image onto a line or a point
 */
export function inverse(matrix: Matrix): number[][] {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...(identity(size)[i] as number[])]);
  for (let column = 0; column < size; column++) {
    const pivot = rows
      .slice(column)
      .reduce((best, row) => (Math.abs(row[column] as number) > Math.abs(best[column] as number) ? row : best));
    const divisor = pivot[column] as number;
    if (!(Math.abs(divisor) > 0) || !Number.isFinite(divisor)) {
      throw new FirstlightError(
        "MATH_SINGULAR",
        `The matrix [${matrix.map((row) => row.join(", ")).join("; ")}] has no inverse: it folds the image; give one that keeps its axes apart.`,
        { disposition: "invalid", fields: { matrix } },
      );
    }
    rows[rows.indexOf(pivot)] = rows[column] as number[];
    rows[column] = pivot.map((value) => value / divisor);
    for (const [i, row] of rows.entries()) {
      const factor = row[column] as number;
      if (i !== column && factor !== 0) {
        rows[i] = row.map((value, k) => value - factor * ((rows[column] as number[])[k] as number));
      }
    }
  }
  return rows.map((row) => row.slice(size));
}

export function at(matrix: Matrix, i: number, j: number): number {
  return matrix[i]?.[j] ?? 0;
}
