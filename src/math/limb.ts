import { FirstlightError } from "../core/errors.ts";
import type { NdArray } from "../core/ndarray.ts";
import { solveSymmetric } from "./linear-solve.ts";
import { median } from "./order-statistics.ts";
import { toFloat64 } from "./precision.ts";
import { deviationPerMad, medianAbsoluteDeviation } from "./robust.ts";
import { imageSize } from "./shape.ts";

/**
 * What marks the limb along a radius: `fall`, the steepest fall of brightness outwards, as in white light; `rise`, the
 * steepest rise, as in the extreme ultraviolet, where lines of sight that just miss the disk cross twice the corona;
 * `peak`, the brightest radius, the crest of that brightening a little further out.
 */
export type LimbEdge = "fall" | "rise" | "peak";

export interface LimbOptions {
  /** Default `fall`. */
  readonly edge?: LimbEdge;
  /** A guess of the centre, [column, row] from 0 at the middle of the first pixel. Default the middle of the image. */
  readonly centre?: readonly [number, number];
  /** The radii in pixels between which the limb is looked for. Default 0.25 to 0.5 of the image's smaller side. */
  readonly radiiPixels?: readonly [number, number];
  /** The number of sectors whose mean profiles are searched. Default 90. */
  readonly sectors?: number;
}

export interface Limb {
  /** [column, row] from 0 at the middle of the first pixel; FITS counts from 1. */
  readonly centre: readonly [number, number];
  readonly radiusPixels: number;
  /** The deviation of the used limb points from the circle, in pixels. */
  readonly deviationPixels: number;
  /** Sectors whose limb point the circle rests on. */
  readonly used: number;
  readonly sectors: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const rounds = 10;
const stepPixels = 0.25;
/** Half the length over which a slope is taken, in steps: two pixels in all. */
const slopeSteps = 4;
/** Directions averaged per sector, so that one bright loop does not make the profile. */
const raysPerSector = 5;
const rejectBeyondSigma = 3;
const fewestPoints = 8;

/**
 * Centre and radius of a bright disk: in every sector the radius where the profile of brightness shows the edge, and
 * through these points the circle of least squares (I. Kåsa, IEEE Trans. Instrum. Meas. 25 (1976) 8). Points further than
 * 3 robust deviations from the circle (prominences, active regions) are left out, and the profiles are taken again about
 * the new centre until it rests. NaN pixels leave their part of a profile out.
 *
 * @throws FirstlightError LIMB_NOT_FOUND where fewer than 8 sectors show an edge between the radii, ARRAY_SHAPE unless the
 * image has two axes
 */
export function fitLimb(image: NdArray, options: LimbOptions = {}): Limb {
  const { rows, columns } = imageSize(image, "fit a limb to");
  const side = Math.min(rows, columns);
  const { edge = "fall", radiiPixels = [0.25 * side, 0.5 * side], sectors = 90 } = options;
  const values = toFloat64(image.data);
  let centre = options.centre ?? ([(columns - 1) / 2, (rows - 1) / 2] as const);
  for (let round = 1; ; round++) {
    const points: Point[] = [];
    for (let sector = 0; sector < sectors; sector++) {
      const profile = sectorProfile(values, rows, columns, centre, radiiPixels, sector, sectors);
      const radius = edgeRadius(profile, radiiPixels[0], edge);
      if (Number.isNaN(radius)) continue;
      const angle = (2 * Math.PI * (sector + 0.5)) / sectors;
      points.push({ x: centre[0] + radius * Math.cos(angle), y: centre[1] + radius * Math.sin(angle) });
    }
    const limb = { ...robustCircle(points, centre), sectors };
    const moved = Math.hypot(limb.centre[0] - centre[0], limb.centre[1] - centre[1]);
    if (moved < 0.01 || round === rounds) return limb;
    centre = limb.centre;
  }
}

/** The mean brightness of one sector at steps of `stepPixels`; NaN where a radius is not on good pixels throughout. */
function sectorProfile(
  values: Float64Array,
  rows: number,
  columns: number,
  [x0, y0]: readonly [number, number],
  [from, to]: readonly [number, number],
  sector: number,
  sectors: number,
): Float64Array {
  const profile = new Float64Array(Math.floor((to - from) / stepPixels) + 1);
  for (let ray = 0; ray < raysPerSector; ray++) {
    const angle = (2 * Math.PI * (sector + (ray + 0.5) / raysPerSector)) / sectors;
    const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
    for (let i = 0; i < profile.length; i++) {
      const radius = from + i * stepPixels;
      const x = x0 + radius * dx;
      const y = y0 + radius * dy;
      profile[i] = (profile[i] as number) + bilinear(values, rows, columns, x, y) / raysPerSector;
    }
  }
  return profile;
}

function bilinear(values: Float64Array, rows: number, columns: number, x: number, y: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  if (column < 0 || row < 0 || column >= columns - 1 || row >= rows - 1) return Number.NaN;
  const [u, v] = [x - column, y - row];
  const i = row * columns + column;
  const low = (values[i] as number) * (1 - u) + (values[i + 1] as number) * u;
  const high = (values[i + columns] as number) * (1 - u) + (values[i + columns + 1] as number) * u;
  return low * (1 - v) + high * v;
}

/** The radius of the strongest edge, by a parabola through its three highest steps; NaN without one inside the range. */
function edgeRadius(profile: Float64Array, from: number, edge: LimbEdge): number {
  const strength = profile.map((value, i) => {
    if (edge === "peak") return value;
    const slope = (profile[i + slopeSteps] ?? Number.NaN) - (profile[i - slopeSteps] ?? Number.NaN);
    return edge === "rise" ? slope : -slope;
  });
  let best = -1;
  for (let i = 0; i < strength.length; i++) {
    if ((strength[i] as number) > (strength[best] ?? (edge === "peak" ? Number.NEGATIVE_INFINITY : 0))) best = i;
  }
  const [a, b, c] = [strength[best - 1], strength[best], strength[best + 1]];
  if (a === undefined || b === undefined || c === undefined || Number.isNaN(a + c)) return Number.NaN;
  const bend = a - 2 * b + c;
  return from + (best + (bend === 0 ? 0 : (0.5 * (a - c)) / bend)) * stepPixels;
}

function robustCircle(points: readonly Point[], near: readonly [number, number]): Omit<Limb, "sectors"> {
  let kept = points;
  for (;;) {
    if (kept.length < fewestPoints) {
      throw new FirstlightError(
        "LIMB_NOT_FOUND",
        `Only ${kept.length} of ${points.length} limb points lie on one circle; expected at least ${fewestPoints}. Give a better centre or narrower radii.`,
        { fields: { points: points.length, kept: kept.length } },
      );
    }
    const circle = leastSquaresCircle(kept, near);
    const distances = Float64Array.from(kept, ({ x, y }) => Math.hypot(x - circle.x, y - circle.y) - circle.radius);
    const middle = median(distances);
    const limit = rejectBeyondSigma * deviationPerMad * medianAbsoluteDeviation(distances, middle) + 1e-9;
    const next = kept.filter((_, i) => Math.abs((distances[i] as number) - middle) <= limit);
    if (next.length === kept.length) {
      const squares = distances.reduce((sum, distance) => sum + distance * distance, 0);
      return {
        centre: [circle.x, circle.y],
        radiusPixels: circle.radius,
        deviationPixels: Math.sqrt(squares / distances.length),
        used: kept.length,
      };
    }
    kept = next;
  }
}

/** x² + y² = 2ax + 2by + c is linear in a, b and c; taken about `near` so that the squares stay small. */
function leastSquaresCircle(points: readonly Point[], near: readonly [number, number]): Point & { radius: number } {
  const matrix = new Float64Array(9);
  const right = new Float64Array(3);
  for (const point of points) {
    const terms = [2 * (point.x - near[0]), 2 * (point.y - near[1]), 1];
    const square = (point.x - near[0]) ** 2 + (point.y - near[1]) ** 2;
    terms.forEach((term, i) => {
      right[i] = (right[i] as number) + term * square;
      terms.forEach((other, j) => {
        matrix[3 * i + j] = (matrix[3 * i + j] as number) + term * other;
      });
    });
  }
  const [a, b, c] = solveSymmetric(matrix, right) as unknown as [number, number, number];
  return { x: near[0] + a, y: near[1] + b, radius: Math.sqrt(c + a * a + b * b) };
}
