import { type Dither, exactZero } from "./dequantize.ts";
import { ditherLength, ditherSequence, ditherStart } from "./dither.ts";
import type { TileNoise } from "./tile-noise.ts";

/** The integer that stands for NaN. */
export const undefinedLevel = -2147483647;

/** The lowest integers mean something of their own, so levels start so far above. */
const reservedLevels = 10;
const lowestLevel = undefinedLevel + reservedLevels;

export interface Levels {
  /** ZSCALE: from one level to the next. */
  readonly scale: number;
  /** ZZERO: the value of level 0. */
  readonly zero: number;
}

/**
 * The levels for a tile in steps of `step`, as cfitsio places them. `undefined` where integers of 32 bits cannot hold them: no
 * noise, more levels than there are integers, infinite pixels. Such a tile is to be kept as it is.
 *
 * @param length how many pixels the tile has, NaN included
 */
export function levelsOf(
  { minimum, maximum, definedCount }: TileNoise,
  step: number,
  length: number,
  dither: Dither,
): Levels | undefined {
  if (definedCount === 0) return { scale: 1, zero: -lowestLevel };
  if (!(step > 0 && Number.isFinite(step))) return undefined;
  const levelCount = (maximum - minimum) / step;
  if (!(levelCount <= 2 * 2147483647 - reservedLevels)) return undefined;
  // Numbers that stand for themselves are far from the levels unless these start right above.
  if (definedCount < length || dither === "SUBTRACTIVE_DITHER_2") {
    return { scale: step, zero: minimum - step * lowestLevel };
  }
  if (levelCount < 2147483647 - reservedLevels) {
    // A multiple of the step, so that who quantises again finds the same levels.
    const zero = Math.trunc(minimum / step + 0.5) * step;
    return { scale: step, zero };
  }
  return { scale: step, zero: (minimum + maximum) / 2 };
}

/**
 * Turns reals into levels, rounded to the nearest, or with `dither` to that nearest to the value and a random number
 * which the reader takes away again (FITS 4.0 §10.2, appendix I). `ditherIndex` as `dequantize` has it.
 */
export function quantize(
  pixels: Float32Array | Float64Array,
  { scale, zero }: Levels,
  dither: Dither,
  ditherIndex: number,
  output: Int32Array,
): void {
  if (dither === "NO_DITHER") {
    for (let index = 0; index < pixels.length; index += 1) {
      const pixel = pixels[index] as number;
      output[index] = Number.isNaN(pixel) ? undefinedLevel : nearest((pixel - zero) / scale);
    }
    return;
  }
  const random = ditherSequence;
  const keepsZero = dither === "SUBTRACTIVE_DITHER_2";
  let round = ditherIndex % ditherLength;
  let next = ditherStart(round);
  for (let index = 0; index < pixels.length; index += 1) {
    const pixel = pixels[index] as number;
    if (Number.isNaN(pixel)) output[index] = undefinedLevel;
    else if (keepsZero && pixel === 0) output[index] = exactZero;
    else output[index] = nearest((pixel - zero) / scale + (random[next] as number) - 0.5);
    next += 1;
    if (next === ditherLength) {
      round = (round + 1) % ditherLength;
      next = ditherStart(round);
    }
  }
}

/** Halves go away from zero. */
function nearest(value: number): number {
  return value >= 0 ? Math.trunc(value + 0.5) : Math.trunc(value - 0.5);
}
