import { FirstlightError } from "../core/errors.ts";
import type { NdArray } from "../core/ndarray.ts";
import { solveSymmetric } from "./linear-solve.ts";
import { imageSize } from "./shape.ts";

export interface HoughOptions {
  /** The angles between which lines are looked for, in radians. Default -π/4 and π/4. */
  readonly angles?: readonly [from: number, to: number];
  /** How many angles, both ends among them. Default 1500. */
  readonly count?: number;
}

export interface HoughLines {
  /** How many pixels lie on the line of each distance and angle; the shape [distances, angles]. */
  readonly accumulator: NdArray<Uint32Array>;
  /** In radians: of the line's normal to the direction of the columns, so that 0 is a line along a column. */
  readonly angles: Float64Array;
  /** Of the line from the first pixel, in pixels. */
  readonly distances: Float64Array;
}

/**
 * The Hough transform for lines (R. O. Duda, P. E. Hart, Comm. ACM 15 (1972) 11): every pixel that is not 0 votes for all lines
 * x·cos θ + y·sin θ = ρ through it, x along a row and y along a column from 0 on, ρ rounded to whole pixels.
 *
 * @throws FirstlightError ARRAY_SHAPE unless the image has two axes, MATH_OPTION for angles that are none
 */
export function houghLines(binary: NdArray, options: HoughOptions = {}): HoughLines {
  const { rows, columns } = imageSize(binary, "look for lines in");
  const { angles: [from, to] = [-Math.PI / 4, Math.PI / 4], count = 1500 } = options;
  if (!(Number.isInteger(count) && count >= 2 && Number.isFinite(from) && Number.isFinite(to) && from < to)) {
    throw new FirstlightError(
      "MATH_OPTION",
      `Lines cannot be looked for at ${count} angles from ${from} to ${to}; give two at least, the lower end first.`,
      { disposition: "invalid", fields: { count, from, to } },
    );
  }
  const angles = Float64Array.from({ length: count }, (_, k) => from + ((to - from) * k) / (count - 1));
  const reach = Math.ceil(Math.hypot(rows, columns));
  const distances = Float64Array.from({ length: 2 * reach + 1 }, (_, k) => k - reach);
  const votes = new Uint32Array(distances.length * count);
  const [cosines, sines] = [angles.map(Math.cos), angles.map(Math.sin)];
  for (let row = 0, i = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1, i += 1) {
      if (Number(binary.data[i]) === 0) continue;
      for (let k = 0; k < count; k += 1) {
        const distance = (cosines[k] as number) * column + (sines[k] as number) * row;
        // Halves go away from zero.
        const rounded = distance > 0 ? Math.floor(distance + 0.5) : Math.ceil(distance - 0.5);
        const at = (rounded + reach) * count + k;
        votes[at] = (votes[at] as number) + 1;
      }
    }
  }
  return { accumulator: { data: votes, shape: [distances.length, count] }, angles, distances };
}

export interface HoughAngle {
  /** In radians. */
  readonly angle: number;
  /** False where no peak could be fitted, and the angle is the best of those that were tried. */
  readonly isFitted: boolean;
}

export interface HoughAngleOptions {
  /** So many angles to both sides of the best one take part in the fit. Default 10. */
  readonly halfWidth?: number;
}

/**
 * The angle that most lines have: where √Σ votes² over all distances is the greatest, refined by the normal curve that fits best
 * around it.
 */
export function houghAngle({ accumulator, angles }: HoughLines, options: HoughAngleOptions = {}): HoughAngle {
  const count = angles.length;
  const power = new Float64Array(count);
  for (let i = 0; i < accumulator.data.length; i += 1) {
    power[i % count] = (power[i % count] as number) + (accumulator.data[i] as number) ** 2;
  }
  for (let k = 0; k < count; k += 1) power[k] = Math.sqrt(power[k] as number);
  let best = 0;
  for (let k = 1; k < count; k += 1) if ((power[k] as number) > (power[best] as number)) best = k;
  const { halfWidth = 10 } = options;
  const [first, last] = [Math.max(0, best - halfWidth), Math.min(count - 1, best + halfWidth)];
  const fitted = normalPeak(power.subarray(first, last + 1), best - first);
  const step = ((angles[count - 1] as number) - (angles[0] as number)) / (count - 1);
  if (fitted === undefined) return { angle: angles[best] as number, isFitted: false };
  return { angle: (angles[0] as number) + (first + fitted) * step, isFitted: true };
}

const mostRounds = 200;

/** Where a·exp(-(x - m)²/2s²) has its peak, by damped least squares (Levenberg, Marquardt); `undefined` without one inside. */
function normalPeak(values: Float64Array, guess: number): number | undefined {
  let now = { a: values[guess] as number, m: guess, s: values.length / 2 };
  const errorOf = ({ a, m, s }: typeof now): number =>
    values.reduce((sum, value, x) => sum + (value - a * Math.exp(-((x - m) ** 2) / (2 * s * s))) ** 2, 0);
  let [error, damping] = [errorOf(now), 1e-3];
  for (let round = 0; round < mostRounds && damping < 1e12; round += 1) {
    const [matrix, right] = [new Float64Array(9), new Float64Array(3)];
    for (const [x, value] of values.entries()) {
      const d = (x - now.m) / now.s;
      const shape = Math.exp(-(d * d) / 2);
      const slopes = [shape, (now.a * shape * d) / now.s, (now.a * shape * d * d) / now.s];
      for (const [i, one] of slopes.entries()) {
        right[i] = (right[i] as number) + one * (value - now.a * shape);
        for (const [j, other] of slopes.entries()) matrix[3 * i + j] = (matrix[3 * i + j] as number) + one * other;
      }
    }
    for (let i = 0; i < 3; i += 1) matrix[4 * i] = (matrix[4 * i] as number) * (1 + damping) + Number.MIN_VALUE;
    const step = solved(matrix, right);
    if (step === undefined) return undefined;
    const next = { a: now.a + (step[0] ?? 0), m: now.m + (step[1] ?? 0), s: now.s + (step[2] ?? 0) };
    const nextError = errorOf(next);
    if (!(nextError <= error)) {
      damping *= 10;
      continue;
    }
    const gained = error - nextError;
    [now, error, damping] = [next, nextError, damping / 10];
    if (gained <= 1e-15 * error || Math.abs(step[1] ?? 0) < 1e-12) break;
  }
  const isInside = now.m >= 0 && now.m <= values.length - 1;
  return isInside && now.a > 0 ? now.m : undefined;
}

function solved(matrix: Float64Array, right: Float64Array): Float64Array | undefined {
  try {
    return solveSymmetric(matrix, right);
  } catch {
    return undefined;
  }
}
