import { FirstlightError } from "../../core/errors.ts";
import { type SplineOrder, splineResponse } from "./spline.ts";

/**
 * How a value between pixels is made of those around it.
 *
 * - `nearest`: the pixel that it lies in. Exact values, positions off by up to half a pixel.
 * - `bilinear`: 2 × 2 pixels. Never beyond their values; smooths.
 * - `bicubic`: 4 × 4 pixels, cubic convolution with a = -1/2 and its boundary condition (R. G. Keys, IEEE Trans. Acoust. Speech Signal
 *   Process. 29 (1981) 1153). Exact for quadratic surfaces.
 * - `spline2` to `spline5`: the B-spline of that order through all pixels, as scipy.ndimage's `order`. Sharpest; one pixel is felt
 *   across a neighbourhood of some twenty.
 */
export type Interpolation = "nearest" | "bilinear" | "bicubic" | `spline${SplineOrder}`;

/** Weights of the pixels along one axis. A tap may lie outside the axis only where its weight is 0. */
export interface Kernel {
  readonly taps: number;
  /** The order of the spline whose coefficients the weights are of, if they are not of the pixels themselves. */
  readonly spline?: SplineOrder;
  /** Puts the taps for a position in [0, length - 1] into `index` and `weight`. */
  place(position: number, length: number, index: Int32Array, weight: Float64Array): void;
}

export function kernelOf(interpolation: Interpolation): Kernel {
  switch (interpolation) {
    case "nearest":
      return { taps: 1, place: placeNearest };
    case "bilinear":
      return { taps: 2, place: placeLinear };
    case "bicubic":
      return { taps: 4, place: placeCubic };
    case "spline2":
    case "spline3":
    case "spline4":
    case "spline5":
      return splineKernel(Number(interpolation.slice(-1)) as SplineOrder);
    default:
      throw new FirstlightError(
        "MATH_OPTION",
        `There is no interpolation "${String(interpolation)}"; give nearest, bilinear, bicubic or spline2 to spline5.`,
        { disposition: "invalid", fields: { interpolation } },
      );
  }
}

function placeNearest(position: number, length: number, index: Int32Array, weight: Float64Array): void {
  index[0] = Math.min(Math.floor(position + 0.5), length - 1);
  weight[0] = 1;
}

function placeLinear(position: number, length: number, index: Int32Array, weight: Float64Array): void {
  const first = Math.max(0, Math.min(Math.floor(position), length - 2));
  const t = position - first;
  index[0] = first;
  index[1] = first + 1;
  weight[0] = 1 - t;
  weight[1] = t;
}

function placeCubic(position: number, length: number, index: Int32Array, weight: Float64Array): void {
  if (length < 2) {
    index.fill(0);
    weight.fill(0);
    weight[0] = 1;
    return;
  }
  const left = Math.min(Math.floor(position), length - 2);
  const t = position - left;
  const s = 1 - t;
  const before = -0.5 * t * s * s;
  const after = -0.5 * s * t * t;
  let w1 = (1.5 * t - 2.5) * t * t + 1;
  let w2 = (1.5 * s - 2.5) * s * s + 1;
  let w0 = before;
  let w3 = after;
  // Keys' boundary condition: beyond an end goes the parabola through the last three pixels; through two, a line.
  if (left === 0) {
    w1 += (length > 2 ? 3 : 2) * before;
    w2 -= (length > 2 ? 3 : 1) * before;
    if (length > 2) w3 += before;
    w0 = 0;
  }
  if (left === length - 2) {
    w2 += (length > 2 ? 3 : 2) * after;
    w1 -= (length > 2 ? 3 : 1) * after;
    if (length > 2) w0 += after;
    w3 = 0;
  }
  for (let k = 0; k < 4; k++) index[k] = left - 1 + k;
  weight[0] = w0;
  weight[1] = w1;
  weight[2] = w2;
  weight[3] = w3;
}

function splineKernel(order: SplineOrder): Kernel {
  return {
    taps: order + 1,
    spline: order,
    place(position, length, index, weight) {
      const first = (order % 2 === 1 ? Math.floor(position) : Math.floor(position + 0.5)) - (order >> 1);
      for (let k = 0; k <= order; k++) {
        index[k] = mirrored(first + k, length);
        weight[k] = basis(order, Math.abs(position - first - k));
      }
    },
  };
}

/** An index beyond the ends, mirrored at the outer pixels' centres. */
export function mirrored(index: number, length: number): number {
  if (length < 2) return 0;
  const period = 2 * length - 2;
  const within = ((index % period) + period) % period;
  return within < length ? within : period - within;
}

/** The centred B-spline at a distance from its middle. */
function basis(order: SplineOrder, x: number): number {
  switch (order) {
    case 2:
      if (x < 0.5) return 0.75 - x * x;
      return x < 1.5 ? 0.5 * (1.5 - x) ** 2 : 0;
    case 3:
      if (x < 1) return (x * x * (x - 2) * 3 + 4) / 6;
      return x < 2 ? (2 - x) ** 3 / 6 : 0;
    case 4: {
      const y = x * x;
      if (x < 0.5) return y * (y * 0.25 - 0.625) + 115 / 192;
      if (x < 1.5) return x * (x * (x * (5 / 6 - x / 6) - 1.25) + 5 / 24) + 55 / 96;
      return x < 2.5 ? (x - 2.5) ** 4 / 24 : 0;
    }
    case 5: {
      const y = x * x;
      if (x < 1) return y * (y * (0.25 - x / 12) - 0.5) + 0.55;
      if (x < 2) return x * (x * (x * (x * (x / 24 - 0.375) + 1.25) - 1.75) + 0.625) + 0.425;
      return x < 3 ? (3 - x) ** 5 / 120 : 0;
    }
  }
}

/**
 * The weights of the pixels themselves that a spline's taps come to, at most of the length returned: taps times the response of the
 * filter, mirrored at the ends.
 */
export function pixelWeights(kernel: Kernel): Kernel {
  const order = kernel.spline;
  if (order === undefined) return kernel;
  const response = splineResponse(order);
  const reach = response.length - 1;
  const span = 2 * reach + order + 2;
  const tapIndex = new Int32Array(order + 1);
  const tapWeight = new Float64Array(order + 1);
  return {
    taps: span,
    place(position, length, index, weight) {
      kernel.place(position, length, tapIndex, tapWeight);
      const low = Math.max(0, Math.floor(position) - reach - (order >> 1));
      for (let k = 0; k < span; k++) index[k] = low + k;
      weight.fill(0);
      for (let tap = 0; tap <= order; tap++) {
        const centre = tapIndex[tap] as number;
        for (let k = -reach; k <= reach; k++) {
          const at = mirrored(centre + k, length) - low;
          if (at >= 0 && at < span) {
            weight[at] = (weight[at] as number) + (tapWeight[tap] as number) * (response[Math.abs(k)] as number);
          }
        }
      }
    },
  };
}
