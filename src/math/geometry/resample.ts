import type { NdArray } from "../../core/ndarray.ts";
import { requireOption } from "../check-options.ts";
import { pixelFlags } from "../flags.ts";
import { gatherNeighbours, medianOfSorted } from "../local-median.ts";
import { type FloatArray, newFloats, type Precision, precisionOf } from "../precision.ts";
import { requireElements } from "../shape.ts";
import type { IndexMap } from "./index-map.ts";
import { type Interpolation, type Kernel, kernelOf, pixelWeights } from "./interpolation.ts";
import { splineCoefficients } from "./spline.ts";

export interface ResampleOptions {
  /** Default "bicubic". */
  readonly interpolation?: Interpolation;
  /**
   * What lies beyond the centres of the outer pixels: `fill` (the default), the `nearest` of these, or the image `mirror`ed at them.
   */
  readonly outside?: "fill" | "nearest" | "mirror";
  /** Default NaN. */
  readonly fill?: number;
  /**
   * The flags of a new pixel: those of the `nearest` old one (the default), or of `any` that it is made of (of splines, within the
   * spline's own width). Filled pixels are flagged as missing.
   */
  readonly flags?: "nearest" | "any";
  /** Default as `average`. */
  readonly precision?: Precision;
}

/** A map of rows and columns and how many of each there will be; leading axes are planes that are treated alike. */
export interface Resampling {
  readonly map: IndexMap;
  readonly rows: number;
  readonly columns: number;
}

/** An old position within the axis, or NaN outside of it. Rounding may put the outer pixels' centres outside by a trifle. */
type Settle = (position: number, length: number) => number;

const trifle = 1e-9;

const settles: Readonly<Record<"fill" | "nearest" | "mirror", Settle>> = {
  fill(position, length) {
    if (position >= 0 && position <= length - 1) return position;
    if (position > -trifle && position < length - 1 + trifle) return position < 0 ? 0 : length - 1;
    return Number.NaN;
  },
  nearest(position, length) {
    return position < 0 ? 0 : Math.min(position, length - 1);
  },
  mirror(position, length) {
    if (length < 2) return 0;
    const period = 2 * length - 2;
    const within = position - Math.floor(position / period) * period;
    return within <= length - 1 ? within : period - within;
  },
};

/**
 * Values of an image between its pixels. NaN and infinities make NaN of what is made of them (of splines: within the spline's own
 * width; the fit through the other pixels takes the median of their neighbours in their stead); weights of 0 touch nothing.
 */
export function resampled(image: NdArray, to: Resampling, options: ResampleOptions): NdArray<FloatArray> {
  requireElements(image, "resample");
  const kernel = kernelOf(options.interpolation ?? "bicubic");
  const out = newFloats(sizeOfPlanes(image.shape, to), options.precision ?? precisionOf(image.data));
  eachPlane(image, (values, rows, columns, plane) => {
    const bad = kernel.spline === undefined ? undefined : withoutGaps(values, rows, columns);
    if (kernel.spline !== undefined) splineCoefficients(values, rows, columns, kernel.spline);
    const into = out.subarray(plane * to.rows * to.columns, (plane + 1) * to.rows * to.columns);
    eachPixel(rows, columns, to, kernel, options, (at, taps) => {
      if (taps === undefined) {
        into[at] = options.fill ?? Number.NaN;
        return;
      }
      const { indexY, weightY, indexX, weightX } = taps;
      let sum = 0;
      for (let j = 0; j < indexY.length; j++) {
        const wy = weightY[j] as number;
        if (wy === 0) continue;
        const start = (indexY[j] as number) * columns;
        for (let i = 0; i < indexX.length; i++) {
          const wx = weightX[i] as number;
          if (wx === 0) continue;
          const from = start + (indexX[i] as number);
          sum += wy * wx * (bad !== undefined && bad[from] === 1 ? Number.NaN : (values[from] as number));
        }
      }
      into[at] = sum;
    });
  });
  return { data: out, shape: [...image.shape.slice(0, -2), to.rows, to.columns] };
}

/**
 * The variance of `resampled`, Σw²σ² with the weights of the pixels themselves, for independent errors. New pixels that share old
 * ones have errors that correlate, which a variance does not tell. Filled pixels have none: NaN.
 */
export function resampledVariance(variance: NdArray, to: Resampling, options: ResampleOptions): NdArray<FloatArray> {
  requireElements(variance, "resample a variance of");
  const kernel = pixelWeights(kernelOf(options.interpolation ?? "bicubic"));
  const out = newFloats(sizeOfPlanes(variance.shape, to), options.precision ?? precisionOf(variance.data));
  eachPlane(variance, (values, rows, columns, plane) => {
    const into = out.subarray(plane * to.rows * to.columns, (plane + 1) * to.rows * to.columns);
    eachPixel(rows, columns, to, kernel, options, (at, taps) => {
      if (taps === undefined) {
        into[at] = Number.NaN;
        return;
      }
      const { indexY, weightY, indexX, weightX } = taps;
      let sum = 0;
      for (let j = 0; j < indexY.length; j++) {
        const wy = weightY[j] as number;
        if (wy === 0) continue;
        const start = (indexY[j] as number) * columns;
        for (let i = 0; i < indexX.length; i++) {
          const wx = weightX[i] as number;
          if (wx !== 0) sum += (wy * wx) ** 2 * (values[start + (indexX[i] as number)] as number);
        }
      }
      into[at] = sum;
    });
  });
  return { data: out, shape: [...variance.shape.slice(0, -2), to.rows, to.columns] };
}

export function resampledMask(
  mask: NdArray<Uint32Array>,
  to: Resampling,
  options: ResampleOptions,
): NdArray<Uint32Array> {
  requireElements(mask, "resample a mask of");
  const kernel = kernelOf(options.flags === "any" ? (options.interpolation ?? "bicubic") : "nearest");
  const out = new Uint32Array(sizeOfPlanes(mask.shape, to));
  const [rows, columns] = mask.shape.slice(-2) as [number, number];
  const planeSize = rows * columns;
  for (let plane = 0; plane * planeSize < mask.data.length; plane++) {
    const flags = mask.data.subarray(plane * planeSize, (plane + 1) * planeSize);
    const into = out.subarray(plane * to.rows * to.columns, (plane + 1) * to.rows * to.columns);
    eachPixel(rows, columns, to, kernel, options, (at, taps) => {
      let bits: number = taps === undefined ? pixelFlags.missing : 0;
      for (let j = 0; taps !== undefined && j < taps.indexY.length; j++) {
        if (taps.weightY[j] === 0) continue;
        const start = (taps.indexY[j] as number) * columns;
        for (let i = 0; i < taps.indexX.length; i++) {
          if (taps.weightX[i] !== 0) bits |= flags[start + (taps.indexX[i] as number)] as number;
        }
      }
      into[at] = bits;
    });
  }
  return { data: out, shape: [...mask.shape.slice(0, -2), to.rows, to.columns] };
}

interface Taps {
  readonly indexY: Int32Array;
  readonly weightY: Float64Array;
  readonly indexX: Int32Array;
  readonly weightX: Float64Array;
}

/** Visits every new pixel with the old ones that it is made of; undefined where it lies outside. */
function eachPixel(
  rows: number,
  columns: number,
  to: Resampling,
  kernel: Kernel,
  options: ResampleOptions,
  visit: (at: number, taps: Taps | undefined) => void,
): void {
  const { matrix, offset } = to.map;
  const [yy, yx, xy, xx] = [matrix[0]?.[0], matrix[0]?.[1], matrix[1]?.[0], matrix[1]?.[1]] as number[] as [
    number,
    number,
    number,
    number,
  ];
  const [y0, x0] = offset as [number, number];
  const { outside = "fill" } = options;
  requireOption("outside", outside, Object.hasOwn(settles, outside), "fill, nearest or mirror");
  const settle = settles[outside];
  const size = kernel.taps;
  const taps = {
    indexY: new Int32Array(size),
    weightY: new Float64Array(size),
    indexX: new Int32Array(size),
    weightX: new Float64Array(size),
  };
  for (let row = 0, at = 0; row < to.rows; row++) {
    let y = Number.NaN;
    for (let column = 0; column < to.columns; column++, at++) {
      if (column === 0 || yx !== 0) {
        y = settle(yy * row + yx * column + y0, rows);
        if (!Number.isNaN(y)) kernel.place(y, rows, taps.indexY, taps.weightY);
      }
      const x = Number.isNaN(y) ? y : settle(xy * row + xx * column + x0, columns);
      if (Number.isNaN(x)) visit(at, undefined);
      else {
        kernel.place(x, columns, taps.indexX, taps.weightX);
        visit(at, taps);
      }
    }
  }
}

function eachPlane(
  image: NdArray,
  visit: (values: Float64Array, rows: number, columns: number, plane: number) => void,
): void {
  const [rows, columns] = image.shape.slice(-2) as [number, number];
  const size = rows * columns;
  for (let plane = 0; plane * size < image.data.length; plane++) {
    const part = image.data.subarray(plane * size, (plane + 1) * size);
    visit(Float64Array.from(part, Number), rows, columns, plane);
  }
}

function sizeOfPlanes(shape: readonly number[], to: Resampling): number {
  return shape.slice(0, -2).reduce((product, length) => product * length, to.rows * to.columns);
}

/** Fills what is not finite from its neighbours, and says where that was; undefined where all is finite. */
function withoutGaps(values: Float64Array, rows: number, columns: number): Uint8Array | undefined {
  if (values.every(Number.isFinite)) return undefined;
  const bad = Uint8Array.from(values, (value) => (Number.isFinite(value) ? 0 : 1));
  const finite = Float64Array.from(values, (value) => (Number.isFinite(value) ? value : Number.NaN));
  const found = new Float64Array(49);
  for (let i = 0; i < values.length; i++) {
    if (bad[i] === 0) continue;
    const row = Math.floor(i / columns);
    const count = gatherNeighbours(finite, rows, columns, row, i - row * columns, 3, found);
    values[i] = count === 0 ? 0 : medianOfSorted(found, count);
  }
  return bad;
}
