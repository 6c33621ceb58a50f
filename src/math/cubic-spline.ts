/**
 * The cubic spline through points, whose third derivative is continuous at the first and the last inner point ("not a knot": de
 * Boor, A Practical Guide to Splines, ch. IV), as scipy's `interp1d(kind="cubic")` draws it. Beyond the points it is not defined.
 *
 * @param x at least four, strictly ascending @param y as many
 */
export function cubicSpline(x: readonly number[], y: readonly number[]): (at: number) => number {
  const n = x.length;
  const [xs, ys] = [Float64Array.from(x), Float64Array.from(y)];
  const step = (i: number): number => (xs[i + 1] as number) - (xs[i] as number);
  const slope = (i: number): number => ((ys[i + 1] as number) - (ys[i] as number)) / step(i);
  const bends = secondDerivatives(n, step, slope);
  return (at) => {
    let i = 0;
    while (i < n - 2 && at > (xs[i + 1] as number)) i += 1;
    const h = step(i);
    const [left, right] = [((xs[i + 1] as number) - at) / h, (at - (xs[i] as number)) / h];
    const bend = (left ** 3 - left) * (bends[i] as number) + (right ** 3 - right) * (bends[i + 1] as number);
    return left * (ys[i] as number) + right * (ys[i + 1] as number) + (bend * h * h) / 6;
  };
}

/** Those at the points. The two at the ends follow from their neighbours, and the others from a tridiagonal system. */
function secondDerivatives(n: number, step: (i: number) => number, slope: (i: number) => number): Float64Array {
  const bends = new Float64Array(n);
  const [first, last] = [step(0) / step(1), step(n - 2) / step(n - 3)];
  const [above, right] = [new Float64Array(n), new Float64Array(n)];
  for (let i = 1; i < n - 1; i += 1) {
    let [lower, diagonal, upper] = [step(i - 1), 2 * (step(i - 1) + step(i)), step(i)];
    if (i === 1) {
      diagonal += lower * (1 + first);
      upper -= lower * first;
      lower = 0;
    }
    if (i === n - 2) {
      diagonal += step(i) * (1 + last);
      lower -= step(i) * last;
      upper = 0;
    }
    const pivot = diagonal - lower * (above[i - 1] as number);
    above[i] = upper / pivot;
    right[i] = (6 * (slope(i) - slope(i - 1)) - lower * (right[i - 1] as number)) / pivot;
  }
  for (let i = n - 2; i > 0; i -= 1) bends[i] = (right[i] as number) - (above[i] as number) * (bends[i + 1] as number);
  bends[0] = (1 + first) * (bends[1] as number) - first * (bends[2] as number);
  bends[n - 1] = (1 + last) * (bends[n - 2] as number) - last * (bends[n - 3] as number);
  return bends;
}
