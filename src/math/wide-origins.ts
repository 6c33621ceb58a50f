import type { PixelArray } from "../core/ndarray.ts";
import { halves, isWide, type WidePixels } from "./wide-sums.ts";

/** Where the values of each pixel begin: how far others are from there a float64 holds, where it does not hold the values. */
export interface WideOrigins {
  /** Begins with these pixels, but for those that have `counts` already. */
  set(pixels: WidePixels, start: number, counts: Uint32Array | undefined): void;
  /** How far pixels are from their origins, rounded once; valid until the next call. */
  apart(pixels: PixelArray, start: number): Float64Array;
  /** The origins added to what is apart from them, rounded once. */
  added(apart: Float64Array): Float64Array;
}

export function wideOrigins(size: number): WideOrigins {
  // The upper and the lower 32 bits, as bigints take twenty times as long.
  const [upper, lower] = [new Float64Array(size), new Float64Array(size)];
  let room = new Float64Array(0);
  const origin = (at: number): number => (upper[at] as number) * 2 ** 32 + (lower[at] as number);
  return {
    set(pixels, start, counts) {
      const { tops, words } = halves(pixels);
      for (let i = 0, at = start; i < pixels.length; i += 1, at += 1) {
        if (counts !== undefined && counts[at] !== 0) continue;
        upper[at] = tops[2 * i + 1] as number;
        lower[at] = words[2 * i] as number;
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
    added: (apart) =>
      apart.map((value, at) =>
        Math.abs(upper[at] as number) < 2 ** 20 || Number.isNaN(value)
          ? origin(at) + value
          : sumOf((BigInt(upper[at] as number) << 32n) + BigInt(lower[at] as number), value),
      ),
  };
}

/** Doubled, with a last digit that says whether anything is behind it. */
function sumOf(whole: bigint, real: number): number {
  const floor = Math.floor(real);
  return Number(((whole + BigInt(floor)) << 1n) + (floor === real ? 0n : 1n)) / 2;
}

/** Pixels of many frames; where all are integers, and some beyond what a float64 holds, how far they are from those of the first. */
export interface StackApart {
  readonly images: readonly PixelArray[];
  /** To be added to what is computed of `images`; `undefined` where these are the pixels themselves. */
  readonly origins: WideOrigins | undefined;
}

export function stackApart(images: readonly PixelArray[]): StackApart {
  const wide = images.filter(isWide);
  const [first] = wide;
  if (first === undefined || wide.length < images.length || !wide.some(isBeyondFloat))
    return { images, origins: undefined };
  const origins = wideOrigins(first.length);
  origins.set(first, 0, undefined);
  return { images: images.map((pixels) => origins.apart(pixels, 0).slice()), origins };
}

function isBeyondFloat(pixels: WidePixels): boolean {
  const { tops } = halves(pixels);
  for (let i = 1; i < tops.length; i += 2) {
    const top = tops[i] as number;
    if (top >= 2 ** 21 || top < -(2 ** 21)) return true;
  }
  return false;
}
