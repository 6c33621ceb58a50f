import { real } from "../core/scalar.ts";
import type { Header } from "./header.ts";

/**
 * The header of a part of an image: its world coordinates are those that the pixels have in the whole (FITS 4.0 §8.1). The reference
 * pixel of every coordinate system, and LTV of the physical one, move by `offsets`, the number of pixels that were left out before
 * the part along NAXIS1, NAXIS2, …
 */
export function shiftOrigin(header: Header, offsets: readonly number[]): Header {
  const shifted = header.clone();
  for (const [index, offset] of offsets.entries()) {
    if (offset === 0) continue;
    const axis = index + 1;
    for (const alternate of alternatesOf(header, axis)) {
      const key = `CRPIX${axis}${alternate}`;
      const old = header.get(key) === undefined ? 0 : header.number(key);
      // A system without CRPIX has its reference pixel at 0.
      shifted.set(key, real(old - offset), header.card(key)?.comment ?? "reference pixel");
    }
    if (header.get(`LTV${axis}`) !== undefined) shifted.set(`LTV${axis}`, real(header.number(`LTV${axis}`) - offset));
  }
  return shifted;
}

/** The letters of the coordinate systems that say anything about an axis; the empty one is the primary. */
function alternatesOf(header: Header, axis: number): ReadonlySet<string> {
  const pattern = new RegExp(`^(?:CTYPE|CRPIX|CRVAL|CDELT)${axis}([A-Z]?)$`);
  return new Set(header.cards.flatMap(({ keyword }) => pattern.exec(keyword)?.[1] ?? []));
}
