import type { PixelArray } from "../core/ndarray.ts";

/** Pixels that a float64 does not hold. */
export type WidePixels = BigInt64Array | BigUint64Array;

/** The sums of each pixel over integers of 64 bits, without any rounding. */
export interface WideSums {
  /** Adds pixels to their sums from `start` on, but for those that their mask leaves out. At most 2^21 times to each. */
  add(pixels: WidePixels, start: number, mask?: PixelArray, leaveOut?: number): void;
  /** The sum of a pixel, rounded once. */
  sum(pixel: number): number;
  /** The sum divided by `count`, rounded once. */
  mean(pixel: number, count: number): number;
}

export function isWide(pixels: PixelArray): pixels is WidePixels {
  return pixels instanceof BigInt64Array || pixels instanceof BigUint64Array;
}

export function wideSums(size: number): WideSums {
  // Of the upper and the lower 32 bits, each exact; a bigint for every pixel takes twenty times as long.
  const [upper, lower] = [new Float64Array(size), new Float64Array(size)];
  const isSafe = (pixel: number): boolean => Math.abs(upper[pixel] as number) < 2 ** 20;
  const whole = (pixel: number): bigint => (BigInt(upper[pixel] as number) << 32n) + BigInt(lower[pixel] as number);
  const plain = (pixel: number): number => (upper[pixel] as number) * 2 ** 32 + (lower[pixel] as number);
  return {
    add(pixels, start, mask, leaveOut = 0) {
      const { words, tops } = halves(pixels);
      for (let i = 0, at = start; i < pixels.length; i += 1, at += 1) {
        if (leaveOut !== 0 && (Number(mask?.[i] ?? 0) & leaveOut) !== 0) continue;
        lower[at] = (lower[at] as number) + (words[2 * i] as number);
        upper[at] = (upper[at] as number) + (tops[2 * i + 1] as number);
      }
    },
    sum: (pixel) => (isSafe(pixel) && (lower[pixel] as number) < 2 ** 52 ? plain(pixel) : Number(whole(pixel))),
    mean(pixel, count) {
      if (isSafe(pixel) && (lower[pixel] as number) < 2 ** 52) return plain(pixel) / count;
      return quotient(whole(pixel), BigInt(count));
    },
  };
}

/** The words of each pixel, the lower first; as `tops` the upper have the sign of the pixel. */
export function halves(pixels: WidePixels): { readonly words: Uint32Array; readonly tops: Int32Array | Uint32Array } {
  const { buffer, byteOffset, length } = pixels;
  const words = new Uint32Array(buffer, byteOffset, 2 * length);
  return { words, tops: pixels instanceof BigInt64Array ? new Int32Array(buffer, byteOffset, 2 * length) : words };
}

/** Rounded once: to more binary digits than a float64 has, and one that says whether anything is behind them. */
export function quotient(dividend: bigint, divisor: bigint): number {
  const isNegative = dividend < 0n;
  const shifted = (isNegative ? -dividend : dividend) << 64n;
  const rest = shifted % divisor === 0n ? 0n : 1n;
  const value = Number(((shifted / divisor) << 1n) + rest) / 2 ** 65;
  return isNegative ? -value : value;
}
