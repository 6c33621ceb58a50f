/**
 * The variance of a percentile of `count` normal values of the variance 1: p(1-p) / (n·φ²), φ the normal density at that percentile
 * (M. G. Kendall, A. Stuart, The Advanced Theory of Statistics I, §10.10); π/2 / n for the median. It holds for large n. Of few values
 * p goes no further than the places 1/(n+1) and n/(n+1) of the least and the greatest; of one and of two values it is exact.
 */
export function percentileVariance(percent: number, count: number): number {
  const p = percent / 100;
  if (count === 1) return 1;
  if (count === 2) return 1 - 1 / Math.PI - 2 * p * (1 - p) * (1 - 2 / Math.PI);
  const inner = Math.min(Math.max(p, 1 / (count + 1)), count / (count + 1));
  return (inner * (1 - inner)) / (count * normalDensity(normalQuantile(inner)) ** 2);
}

function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** Halves the interval: who needs it asks a few times only. */
function normalQuantile(p: number): number {
  if (p === 0.5) return 0;
  let [low, high] = [-40, 40];
  for (let round = 0; round < 64; round += 1) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The share of normal values below x: G. Marsaglia, Journal of Statistical Software 11 (2004) 4. */
function normalShare(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let sum = x;
  for (let term = x, i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + sum * normalDensity(x);
}
