import { FirstlightError } from "../../core/errors.ts";
import type { NdArray } from "../../core/ndarray.ts";
import type { Frame } from "../../fits/frame.ts";
import { identity } from "../../fits/wcs/pixel-map.ts";
import type { FloatArray } from "../precision.ts";
import { type IndexMap, isFrame, moveFrame } from "./index-map.ts";
import { type ResampleOptions, type Resampling, resampled, resampledMask, resampledVariance } from "./resample.ts";

export interface AffineOptions extends ResampleOptions {
  /** Rows and columns of the result. Default: those of the image. */
  readonly size?: readonly [rows: number, columns: number];
}

/**
 * The image seen through an affine map of its rows and columns: the value at new lies at matrix · new + offset in the old image,
 * as scipy's `affine_transform`. Values are interpolated and not scaled by the area: brightness per pixel stays. Of an array of more
 * axes, every plane of the last two is treated alike.
 *
 * Of a frame, mask and variance follow as `ResampleOptions` says, and the world coordinates of every feature stay. Errors of
 * neighbours that share pixels correlate: sums over several pixels have another variance than Σσ².
 *
 * @throws FirstlightError ARRAY_SHAPE for an array of fewer than two axes or a size of no pixels; MATH_OPTION for an interpolation
 * or a map that is none
 */
export function affineTransform(image: NdArray, map: IndexMap, options?: AffineOptions): NdArray<FloatArray>;
export function affineTransform(frame: Frame, map: IndexMap, options?: AffineOptions): Frame;
export function affineTransform(image: NdArray | Frame, map: IndexMap, options: AffineOptions = {}): NdArray | Frame {
  const { shape } = isFrame(image) ? image.image : image;
  const [oldRows, oldColumns] = planeOf(shape);
  requireMap(map);
  const [rows, columns] = options.size ?? [oldRows, oldColumns];
  requireSize(rows, columns);
  const to: Resampling = { map, rows, columns };
  if (!isFrame(image)) return resampled(image, to, options);
  return moveFrame(image, {
    verb: "resample",
    map: overPlanes(map, shape.length),
    image: (part) => resampled(part, to, options),
    mask: (part) => resampledMask(part, to, options),
    variance: (part) => resampledVariance(part, to, options),
  });
}

/** Rows and columns of every plane. */
export function planeOf(shape: readonly number[]): readonly [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2);
  if (rows !== undefined && columns !== undefined) return [rows, columns];
  throw new FirstlightError(
    "ARRAY_SHAPE",
    `Cannot resample an array of the shape [${shape.join(", ")}]; give an image of two axes, or planes of them.`,
    { disposition: "invalid", fields: { shape } },
  );
}

/** The map of rows and columns over all axes: planes stay. */
function overPlanes({ matrix, offset }: IndexMap, axes: number): IndexMap {
  const planes = axes - 2;
  const whole = identity(axes);
  for (const [i, row] of matrix.entries()) {
    for (const [j, value] of row.entries()) (whole[planes + i] as number[])[planes + j] = value;
  }
  return { matrix: whole, offset: [...new Array<number>(planes).fill(0), ...offset] };
}

function requireMap({ matrix, offset }: IndexMap): void {
  const isRow = (row: readonly number[]): boolean => row.length === 2 && row.every(Number.isFinite);
  if (matrix.length === 2 && matrix.every(isRow) && isRow(offset)) return;
  throw new FirstlightError(
    "MATH_OPTION",
    `The matrix [${matrix.map((row) => row.join(", ")).join("; ")}] with the offset [${offset.join(", ")}] is no map of rows and columns; give 2 × 2 and 2 finite numbers.`,
    { disposition: "invalid", fields: { matrix, offset } },
  );
}

function requireSize(rows: number, columns: number): void {
  if ([rows, columns].every((length) => Number.isSafeInteger(length) && length > 0)) return;
  throw new FirstlightError(
    "ARRAY_SHAPE",
    `Cannot make an image of ${rows} x ${columns} pixels; give whole numbers above 0.`,
    {
      disposition: "invalid",
      fields: { rows, columns },
    },
  );
}
