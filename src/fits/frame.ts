import type { NdArray } from "../core/ndarray.ts";
import type { Header } from "./header.ts";

/** A header and its image; mask and variance travel along where there are any, as MASK and VARIANCE extensions. */
export interface Frame {
  readonly header: Header;
  /** Physical values (BSCALE and BZERO applied, BLANK as NaN), shape `[NAXIS2, NAXIS1]`, units of BUNIT. */
  readonly image: NdArray;
  /** 32-bit flags per pixel, 0 = good. Same shape as `image`. */
  readonly mask?: NdArray<Uint32Array>;
  /** Variance per pixel in BUNIT². Same shape as `image`. */
  readonly variance?: NdArray;
}
