import type { TileQuantities } from "../../kernels/tile-kernels.ts";
import { ditherLength, ditherSequence, ditherStart } from "./dither.ts";

/** ZQUANTIZ; what is none of the dithers is plain rounding. */
export type Dither = "NO_DITHER" | "SUBTRACTIVE_DITHER_1" | "SUBTRACTIVE_DITHER_2";

export interface Quantization {
  readonly scale: number;
  readonly zero: number;
  /** The integer that stands for an undefined pixel. */
  readonly blank: number | undefined;
  readonly dither: Dither;
  /** Where the tile's random numbers start: its row in the table, from 0 on, plus ZDITHER0 - 1. */
  readonly ditherIndex: number;
}

/** Stands for a pixel of exactly 0 in SUBTRACTIVE_DITHER_2. */
export const exactZero = -2147483646;

/** Turns quantised integers back into reals (FITS 4.0 §10.2), computed in float64 and rounded once; undefined ones are NaN. */
export function dequantize(
  integers: Int32Array | Int16Array | Uint8Array,
  { scale, zero, blank, dither, ditherIndex }: Quantization,
  output: Float32Array | Float64Array,
): void {
  // No integer equals a half: so nothing is undefined where there is no blank.
  const undefinedValue = blank ?? 0.5;
  if (dither === "NO_DITHER") {
    for (let index = 0; index < integers.length; index += 1) {
      const value = integers[index] as number;
      output[index] = value === undefinedValue ? Number.NaN : value * scale + zero;
    }
    return;
  }
  const random = ditherSequence;
  const zeroAt = dither === "SUBTRACTIVE_DITHER_2" ? exactZero : 0.5;
  let round = roundOf(ditherIndex);
  let next = ditherStart(round);
  for (let index = 0; index < integers.length; index += 1) {
    const value = integers[index] as number;
    if (value === undefinedValue) output[index] = Number.NaN;
    else if (value === zeroAt) output[index] = 0;
    else output[index] = (value - (random[next] as number) + 0.5) * scale + zero;
    next += 1;
    if (next === ditherLength) {
      round = (round + 1) % ditherLength;
      next = ditherStart(round);
    }
  }
}

function roundOf(ditherIndex: number): number {
  return ((ditherIndex % ditherLength) + ditherLength) % ditherLength;
}

/** The same for the kernels. */
export function quantitiesOf({ scale, zero, blank, dither, ditherIndex }: Quantization): TileQuantities {
  const round = dither === "NO_DITHER" ? undefined : roundOf(ditherIndex);
  return { scale, zero, blank, round, keepsZero: dither === "SUBTRACTIVE_DITHER_2" };
}
