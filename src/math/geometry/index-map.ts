import type { NdArray } from "../../core/ndarray.ts";
import type { Frame } from "../../fits/frame.ts";
import { identity, type Matrix, type PixelMap } from "../../fits/wcs/pixel-map.ts";
import { transformWcs } from "../../fits/wcs/transform-wcs.ts";
import { requireSameShape } from "../shape.ts";

/**
 * Where the elements of a new array lie in an old one: old = matrix · new + offset, indices from 0 in the order of the shape (rows
 * before columns), as scipy's `affine_transform` has them.
 */
export interface IndexMap {
  readonly matrix: Matrix;
  readonly offset: readonly number[];
}

/** old = scale · new + offset, axis by axis. */
export function scaling(scales: readonly number[], offset: readonly number[]): IndexMap {
  const matrix = identity(scales.length).map((row, i) => row.map((value) => (value === 0 ? 0 : (scales[i] as number))));
  return { matrix, offset };
}

/** The same map in the order and the counting of FITS: NAXIS1 first, the first pixel's centre at 1. */
function pixelMap({ matrix, offset }: IndexMap): PixelMap {
  const from1 = offset.map(
    (value, i) => value + 1 - (matrix[i] as readonly number[]).reduce((sum, each) => sum + each, 0),
  );
  return { linear: matrix.map((row) => row.toReversed()).toReversed(), offset: from1.toReversed() };
}

/** How the parts of a frame go through a change of its geometry. */
export interface FrameMove {
  /** For messages: "flip", "bin". */
  readonly verb: string;
  readonly map: IndexMap;
  readonly image: (image: NdArray) => NdArray;
  readonly mask: (mask: NdArray<Uint32Array>) => NdArray<Uint32Array>;
  readonly variance: (variance: NdArray) => NdArray;
}

/** A frame with all its parts moved, and its header's coordinates with them. */
export function moveFrame(frame: Frame, move: FrameMove): Frame {
  const { header, image, mask, variance } = frame;
  for (const companion of [mask, variance]) {
    if (companion !== undefined) requireSameShape(image.shape, companion.shape, move.verb);
  }
  return {
    header: transformWcs(header, pixelMap(move.map)),
    image: move.image(image),
    ...(mask === undefined ? {} : { mask: move.mask(mask) }),
    ...(variance === undefined ? {} : { variance: move.variance(variance) }),
  };
}

export function isFrame(value: NdArray | Frame): value is Frame {
  return "image" in value;
}
