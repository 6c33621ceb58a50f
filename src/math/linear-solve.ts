import { FirstlightError } from "../core/errors.ts";

/**
 * Solves A·x = b for a symmetric positive definite A (n × n, row by row), as normal equations are, by Cholesky's
 * decomposition.
 *
 * @throws FirstlightError MATH_SINGULAR where A is not positive definite: fewer independent data than unknowns
 */
export function solveSymmetric(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const l = a.slice();
  const x = b.slice();
  const at = (row: number, column: number): number => l[row * n + column] as number;
  for (let j = 0; j < n; j++) {
    const whole = at(j, j);
    let pivot = whole;
    for (let k = 0; k < j; k++) pivot -= at(j, k) ** 2;
    if (!(pivot > whole * 1e-14)) {
      throw new FirstlightError(
        "MATH_SINGULAR",
        `The data do not determine all ${n} unknowns of the fit (unknown ${j} is left open); give more data or fit fewer.`,
        { fields: { unknowns: n, undetermined: j } },
      );
    }
    const diagonal = Math.sqrt(pivot);
    l[j * n + j] = diagonal;
    for (let i = j + 1; i < n; i++) {
      let sum = at(i, j);
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      l[i * n + j] = sum / diagonal;
    }
  }
  for (let i = 0; i < n; i++) {
    let sum = x[i] as number;
    for (let k = 0; k < i; k++) sum -= at(i, k) * (x[k] as number);
    x[i] = sum / at(i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i] as number;
    for (let k = i + 1; k < n; k++) sum -= at(k, i) * (x[k] as number);
    x[i] = sum / at(i, i);
  }
  return x;
}
