import { FirstlightError } from "../../core/errors.ts";
import type { NdArray } from "../../core/ndarray.ts";
import type { Frame } from "../../fits/frame.ts";
import { type FloatArray, newFloats, type Precision, precisionOf, toFloat64 } from "../precision.ts";
import { requireElements } from "../shape.ts";
import { isFrame, moveFrame, scaling } from "./index-map.ts";

export interface LocalMeanOptions {
  /** Default as `average`. */
  readonly precision?: Precision;
}

/**
 * An array of another shape over the same field, each new element the mean of the old ones that it covers, weighted by the area:
 * scikit-image's `resize_local_mean`. With whole ratios it is `bin`. NaN in, NaN out.
 *
 * Of a frame, a new pixel has all flags of those that it covers, the variance Σw²σ² for independent errors (neighbours that share a
 * pixel have errors that correlate), and its world coordinates.
 *
 * @throws FirstlightError ARRAY_SHAPE for a shape of another number of axes, or without elements
 */
export function resizeLocalMean(
  image: NdArray,
  shape: readonly number[],
  options?: LocalMeanOptions,
): NdArray<FloatArray>;
export function resizeLocalMean(frame: Frame, shape: readonly number[], options?: LocalMeanOptions): Frame;
export function resizeLocalMean(
  image: NdArray | Frame,
  shape: readonly number[],
  options: LocalMeanOptions = {},
): NdArray | Frame {
  const old = isFrame(image) ? image.image.shape : image.shape;
  requireShape(old, shape);
  const axes = old.map((length, axis) => covered(length, shape[axis] as number));
  const meansOf = (part: NdArray, power: 1 | 2): NdArray<FloatArray> => {
    requireElements(part, "resize");
    const values = means(toFloat64(part.data), old, shape, axes, power);
    const data = newFloats(values.length, options.precision ?? precisionOf(part.data));
    data.set(values);
    return { data, shape };
  };
  if (!isFrame(image)) return meansOf(image, 1);
  const scales = old.map((length, axis) => length / (shape[axis] as number));
  return moveFrame(image, {
    verb: "resize",
    map: scaling(
      scales,
      scales.map((scale) => (scale - 1) / 2),
    ),
    image: (part) => meansOf(part, 1),
    variance: (part) => meansOf(part, 2),
    mask: (part) => ({ data: united(part.data, old, shape, axes), shape }),
  });
}

/** Of each new element along an axis: the first old one that it covers, and the shares of all of them. */
interface Covered {
  readonly first: number;
  readonly shares: readonly number[];
}

function covered(length: number, newLength: number): readonly Covered[] {
  return Array.from({ length: newLength }, (_, i) => {
    // In units of 1 / newLength, so that the edges are whole numbers.
    const [start, stop] = [i * length, (i + 1) * length];
    const first = Math.floor(start / newLength);
    const last = Math.ceil(stop / newLength) - 1;
    const shares = Array.from({ length: last - first + 1 }, (_, k) => {
      const at = (first + k) * newLength;
      return (Math.min(stop, at + newLength) - Math.max(start, at)) / length;
    });
    return { first, shares };
  });
}

function means(
  values: Float64Array,
  old: readonly number[],
  shape: readonly number[],
  axes: readonly (readonly Covered[])[],
  power: 1 | 2,
): Float64Array {
  let from = values;
  alongAxes(old, shape, (axis, outer, inner) => {
    const cover = axes[axis] as readonly Covered[];
    const out = new Float64Array(outer * cover.length * inner);
    for (let o = 0, to = 0; o < outer; o++) {
      for (const { first, shares } of cover) {
        for (const [k, share] of shares.entries()) {
          const start = (o * (old[axis] as number) + first + k) * inner;
          const weight = power === 1 ? share : share * share;
          for (let i = 0; i < inner; i++) out[to + i] = (out[to + i] as number) + weight * (from[start + i] as number);
        }
        to += inner;
      }
    }
    from = out;
  });
  return from;
}

function united(
  flags: Uint32Array,
  old: readonly number[],
  shape: readonly number[],
  axes: readonly (readonly Covered[])[],
): Uint32Array {
  let from = flags;
  alongAxes(old, shape, (axis, outer, inner) => {
    const cover = axes[axis] as readonly Covered[];
    const out = new Uint32Array(outer * cover.length * inner);
    for (let o = 0, to = 0; o < outer; o++) {
      for (const { first, shares } of cover) {
        for (const k of shares.keys()) {
          const start = (o * (old[axis] as number) + first + k) * inner;
          for (let i = 0; i < inner; i++) out[to + i] = (out[to + i] as number) | (from[start + i] as number);
        }
        to += inner;
      }
    }
    from = out;
  });
  return from;
}

/** The last axis first: what is left to do gets smaller, or larger only at the end. */
function alongAxes(
  old: readonly number[],
  shape: readonly number[],
  visit: (axis: number, outer: number, inner: number) => void,
): void {
  for (let axis = old.length - 1; axis >= 0; axis--) {
    const outer = old.slice(0, axis).reduce((product, length) => product * length, 1);
    visit(
      axis,
      outer,
      shape.slice(axis + 1).reduce((product, length) => product * length, 1),
    );
  }
}

function requireShape(old: readonly number[], shape: readonly number[]): void {
  if (old.length === shape.length && shape.every((length) => Number.isSafeInteger(length) && length > 0)) return;
  throw new FirstlightError(
    "ARRAY_SHAPE",
    `Cannot resize an array of the shape [${old.join(", ")}] to [${shape.join(", ")}]; give as many whole numbers above 0 as it has axes.`,
    { disposition: "invalid", fields: { shape: old, asked: shape } },
  );
}
