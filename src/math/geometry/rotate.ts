import type { NdArray } from "../../core/ndarray.ts";
import type { Frame } from "../../fits/frame.ts";
import type { FloatArray } from "../precision.ts";
import { type AffineOptions, affineTransform, planeOf } from "./affine-transform.ts";
import type { IndexMap } from "./index-map.ts";
import { isFrame } from "./index-map.ts";

export interface RotateOptions extends AffineOptions {
  /** The point that stays, as row and column from 0. Default: the middle of the image. */
  readonly about?: readonly [row: number, column: number];
}

/**
 * Turns an image about a point, by `angleDegrees` from columns (x, to the right) towards rows (y): counter-clockwise where the first
 * row is drawn at the bottom, as FITS viewers do. The size stays unless another is given, so corners are lost; otherwise as
 * `affineTransform`. Multiples of 90° about the middle of a square or of a pixel move whole pixels and change no value.
 */
export function rotate(image: NdArray, angleDegrees: number, options?: RotateOptions): NdArray<FloatArray>;
export function rotate(frame: Frame, angleDegrees: number, options?: RotateOptions): Frame;
export function rotate(image: NdArray | Frame, angleDegrees: number, options: RotateOptions = {}): NdArray | Frame {
  const [rows, columns] = planeOf(isFrame(image) ? image.image.shape : image.shape);
  const [row, column] = options.about ?? [(rows - 1) / 2, (columns - 1) / 2];
  const [cosine, sine] = cosineAndSine(angleDegrees);
  // The way back: a feature at the new position came from the position turned by the opposite angle.
  const map: IndexMap = {
    matrix: [
      [cosine, -sine],
      [sine, cosine],
    ],
    offset: [row - cosine * row + sine * column, column - sine * row - cosine * column],
  };
  return isFrame(image) ? affineTransform(image, map, options) : affineTransform(image, map, options);
}

/** Exact at the quarters of a turn, where Math.cos(π/2) is not 0. */
function cosineAndSine(angleDegrees: number): readonly [number, number] {
  const quarters = angleDegrees / 90;
  if (Number.isInteger(quarters)) {
    const turns = ((quarters % 4) + 4) % 4;
    return [[1, 0, -1, 0][turns] as number, [0, 1, 0, -1][turns] as number];
  }
  const angle = ((angleDegrees % 360) * Math.PI) / 180;
  return [Math.cos(angle), Math.sin(angle)];
}
