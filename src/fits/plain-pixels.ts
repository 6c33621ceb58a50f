import type { PixelArray } from "../core/ndarray.ts";
import type { Hdu } from "./hdu.ts";
import { scalingOf, view, viewOfOtherSign } from "./read-image.ts";

/** Pixels whose stored words are their values, or are so with the highest bit flipped. */
export interface PlainPixels {
  readonly wordBytes: number;
  /** BZERO is the offset of the other sign's convention (FITS 4.0 §4.4.2.5, table 11). */
  readonly otherSign: boolean;
  /** The values of words in this machine's order, their signs flipped where that is to be done. */
  view(buffer: ArrayBuffer, length: number): PixelArray;
}

/** `undefined` for an image that is compressed, scaled, or has a BLANK. */
export function plainPixels(hdu: Hdu): PlainPixels | undefined {
  const { bitpix, tiles } = hdu;
  if (tiles !== undefined) return undefined;
  const { blank, form } = scalingOf(hdu);
  if (blank !== undefined || form === undefined) return undefined;
  const otherSign = form === "otherSign";
  const of = otherSign ? viewOfOtherSign : view;
  return {
    wordBytes: Math.abs(bitpix) / 8,
    otherSign,
    view: (buffer, length) => of(bitpix, buffer).subarray(0, length),
  };
}
