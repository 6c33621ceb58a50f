import type { PixelArray } from "../core/ndarray.ts";
import { halves, isWide } from "./wide-sums.ts";

/** Where the values of each pixel begin: how far others are from there a float64 holds, where it does not hold the values. */
export interface WideOrigins {
  /** Begins with these pixels, but for those that have `counts` already: with 0 where they are no such integers. */
  set(pixels: PixelArray, start: number, counts: Uint32Array | undefined): void;
  /** How far pixels are from their origins, rounded once; valid until the next call. */
  apart(pixels: PixelArray, start: number): Float64Array;
  /** The origins added to what is apart from them. */
  added(apart: Float64Array): Float64Array;
}

export function wideOrigins(size: number): WideOrigins {
  // The upper and the lower 32 bits, as bigints take twenty times as long.
  const [upper, lower] = [new Float64Array(size), new Float64Array(size)];
  let room = new Float64Array(0);
  const origin = (at: number): number => (upper[at] as number) * 2 ** 32 + (lower[at] as number);
  return {
    set(pixels, start, counts) {
      const { tops, words } = isWide(pixels) ? halves(pixels) : {};
      for (let i = 0, at = start; i < pixels.length; i += 1, at += 1) {
        if (counts !== undefined && counts[at] !== 0) continue;
        upper[at] = tops?.[2 * i + 1] ?? 0;
        lower[at] = words?.[2 * i] ?? 0;
      }
    },
    apart(pixels, start) {
      if (room.length < pixels.length) room = new Float64Array(pixels.length);
      const out = room.subarray(0, pixels.length);
      if (!isWide(pixels)) {
        for (let i = 0; i < out.length; i += 1) out[i] = (pixels[i] as number) - origin(start + i);
        return out;
      }
      const { tops, words } = halves(pixels);
      for (let i = 0, at = start; i < out.length; i += 1, at += 1) {
        // Both differences are exact, and so is the product.
        const above = ((tops[2 * i + 1] as number) - (upper[at] as number)) * 2 ** 32;
        out[i] = above + ((words[2 * i] as number) - (lower[at] as number));
      }
      return out;
    },
    added: (apart) => apart.map((value, at) => origin(at) + value),
  };
}
