import type { NdArray } from "../../core/ndarray.ts";
import type { Frame } from "../../fits/frame.ts";
import type { FloatArray } from "../precision.ts";
import { affineTransform, planeOf } from "./affine-transform.ts";
import { type IndexMap, isFrame } from "./index-map.ts";
import type { ResampleOptions } from "./resample.ts";

/**
 * An image of so many rows and columns that covers the same field, edge to edge: scikit-image's `resize` without anti-aliasing. Values
 * are interpolated and not scaled by the area; beyond the centres of the outer pixels the nearest counts, unless `outside` says
 * otherwise. Otherwise as `affineTransform`. It takes samples: to make an image smaller without losing photons between them, use
 * `bin` or `resizeLocalMean`.
 */
export function resize(
  image: NdArray,
  size: readonly [rows: number, columns: number],
  options?: ResampleOptions,
): NdArray<FloatArray>;
export function resize(frame: Frame, size: readonly [rows: number, columns: number], options?: ResampleOptions): Frame;
export function resize(
  image: NdArray | Frame,
  size: readonly [rows: number, columns: number],
  options: ResampleOptions = {},
): NdArray | Frame {
  const [rows, columns] = planeOf(isFrame(image) ? image.image.shape : image.shape);
  const [down, across] = [rows / size[0], columns / size[1]];
  const map: IndexMap = {
    matrix: [
      [down, 0],
      [0, across],
    ],
    offset: [(down - 1) / 2, (across - 1) / 2],
  };
  const whole = { outside: "nearest", ...options, size } as const;
  return isFrame(image) ? affineTransform(image, map, whole) : affineTransform(image, map, whole);
}
