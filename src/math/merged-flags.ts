import type { PixelArray } from "../core/ndarray.ts";

/** Collects the flags of many masks, pixel by pixel. */
export interface MergedFlags {
  /** The mask of a frame, or of a part of it that begins with the pixel `start`; no mask flags nothing. */
  take(mask: PixelArray | undefined, start: number, length: number): void;
  /** All flags of the frames that took part, and of all of them where none did; a copy. Undefined where there was no mask. */
  flags(): Uint32Array<ArrayBuffer> | undefined;
}

/** A frame takes no part in a pixel where its mask has one of the flags `leaveOut`. */
export function mergedFlags(size: number, leaveOut: number): MergedFlags {
  let taken: Uint32Array<ArrayBuffer> | undefined;
  const leftOut = new Uint32Array(leaveOut === 0 ? 0 : size);
  const isTaken = new Uint8Array(leftOut.length);
  return {
    take(mask, start, length) {
      if (mask === undefined) {
        if (leaveOut !== 0) isTaken.fill(1, start, start + length);
        return;
      }
      taken ??= new Uint32Array(size);
      for (let i = 0, at = start; i < length; i += 1, at += 1) {
        const bits = Number(mask[i]);
        if ((bits & leaveOut) !== 0) leftOut[at] = (leftOut[at] as number) | bits;
        else taken[at] = (taken[at] as number) | bits;
        if (leaveOut !== 0 && (bits & leaveOut) === 0) isTaken[at] = 1;
      }
    },
    flags() {
      if (leaveOut === 0 || taken === undefined) return taken?.slice();
      return taken.map((bits, i) => (isTaken[i] === 1 ? bits : (leftOut[i] as number)));
    },
  };
}
