import type { NdArray } from "../../core/ndarray.ts";
import type { Frame } from "../../fits/frame.ts";
import type { FloatArray } from "../precision.ts";
import { type AffineOptions, affineTransform } from "./affine-transform.ts";
import { type IndexMap, isFrame } from "./index-map.ts";

/**
 * Moves what an image shows by rows and columns, whole or not: a feature at [r, c] comes to lie at [r + rows, c + columns], as
 * scipy's `shift`. Whole numbers change no value; otherwise as `affineTransform`.
 */
export function shift(
  image: NdArray,
  by: readonly [rows: number, columns: number],
  options?: AffineOptions,
): NdArray<FloatArray>;
export function shift(frame: Frame, by: readonly [rows: number, columns: number], options?: AffineOptions): Frame;
export function shift(
  image: NdArray | Frame,
  [rows, columns]: readonly [rows: number, columns: number],
  options: AffineOptions = {},
): NdArray | Frame {
  const map: IndexMap = {
    matrix: [
      [1, 0],
      [0, 1],
    ],
    offset: [-rows, -columns],
  };
  return isFrame(image) ? affineTransform(image, map, options) : affineTransform(image, map, options);
}
