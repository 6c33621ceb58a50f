import type { PixelArray } from "../core/ndarray.ts";
import { newFloats, precisionOf, toFloat64 } from "./precision.ts";

export interface LeaveOutOptions {
  /**
   * Bits of masks: a pixel of a frame whose mask has any of them is left out, as if the frame were not there; one that all frames
   * leave out becomes NaN, with all of their flags. Else the result has the flags of the frames that took part. Default 0: flags are
   * carried and leave nothing out.
   */
  readonly leaveOut?: number;
}

/** The pixels with NaN where one of the flags is set; they themselves where none is. */
export function withoutFlagged(pixels: PixelArray, mask: PixelArray | undefined, leaveOut: number): PixelArray {
  if (mask === undefined || leaveOut === 0) return pixels;
  let copy: PixelArray | undefined;
  for (let i = 0; i < mask.length; i += 1) {
    if ((Number(mask[i]) & leaveOut) === 0) continue;
    copy ??= copied(pixels);
    copy[i] = Number.NaN;
  }
  return copy ?? pixels;
}

function copied(pixels: PixelArray): Float32Array | Float64Array {
  const copy = newFloats(pixels.length, precisionOf(pixels));
  copy.set(toFloat64(pixels));
  return copy;
}
