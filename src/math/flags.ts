import type { NdArray } from "../core/ndarray.ts";
import { requireSameShape } from "./shape.ts";

/** The bits of a mask: 0 is a good pixel, several may be set. Bits from 16 on are an instrument's own. */
export const pixelFlags = {
  /** Nothing was recorded: a lost telemetry block, outside the detector. */
  missing: 1 << 0,
  /** Dark current far above its neighbours'. */
  hot: 1 << 1,
  /** Response far below its neighbours'. */
  dead: 1 << 2,
  /** At or above the highest value that the camera tells apart. */
  saturated: 1 << 3,
  /** Struck by a cosmic ray. */
  cosmicRay: 1 << 4,
  /** Varies more between frames than its noise explains. */
  noisy: 1 << 5,
  /** The value was replaced by one made from its neighbours. */
  repaired: 1 << 6,
} as const;

export type PixelFlag = keyof typeof pixelFlags;

/** A mask of good pixels. */
export function emptyMask(shape: readonly number[]): NdArray<Uint32Array> {
  return { data: new Uint32Array(shape.reduce((size, axis) => size * axis, 1)), shape };
}

/**
 * All flags of all masks; undefined where there is none. Always a mask of its own: writing to it changes none of `masks`.
 *
 * @throws FirstlightError ARRAY_SHAPE where shapes differ
 */
export function mergeMasks(...masks: readonly (NdArray<Uint32Array> | undefined)[]): NdArray<Uint32Array> | undefined {
  const [first, ...others] = masks.filter((mask) => mask !== undefined);
  if (first === undefined) return undefined;
  const data = first.data.slice();
  for (const other of others) {
    requireSameShape(first.shape, other.shape, "merge");
    const from = other.data;
    for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) | (from[i] as number);
  }
  return { data, shape: first.shape };
}

/** How many pixels have any of these flags; any flag at all by default. */
export function countFlagged(mask: NdArray<Uint32Array>, bits = 0xffffffff): number {
  const { data } = mask;
  let count = 0;
  for (let i = 0; i < data.length; i++) if (((data[i] as number) & bits) !== 0) count += 1;
  return count;
}
