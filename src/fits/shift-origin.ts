import type { Header } from "./header.ts";
import { translation } from "./wcs/pixel-map.ts";
import { transformWcs } from "./wcs/transform-wcs.ts";

/**
 * The header of a part of an image: its world coordinates are those that the pixels have in the whole (FITS 4.0 §8.1). The reference
 * pixel of every coordinate system, and LTV of the physical one, move by `offsets`, the number of pixels that were left out before
 * the part along NAXIS1, NAXIS2, …
 *
 * @throws FirstlightError FITS_WCS_UNSUPPORTED for distortion by look-up tables, as `transformWcs`
 */
export function shiftOrigin(header: Header, offsets: readonly number[]): Header {
  return transformWcs(header, translation(offsets));
}
