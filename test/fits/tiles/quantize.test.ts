import { describe, expect, test } from "vitest";
import { type Dither, dequantize } from "../../../src/fits/tiles/dequantize.ts";
import { levelsOf, quantize, undefinedLevel } from "../../../src/fits/tiles/quantize.ts";
import { noiseRowLength, tileNoise } from "../../../src/fits/tiles/tile-noise.ts";
import { randomFrom } from "../random.ts";

/** Normal numbers of width 1 (Box and Muller 1958). */
function normal(length: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  return Float32Array.from({ length }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return radius * Math.cos(2 * Math.PI * random());
  });
}

function noiseOf<T extends Float32Array | Float64Array>(pixels: T, width = pixels.length) {
  const memory = () => pixels.slice() as T;
  const row = noiseRowLength(pixels.length, width);
  return tileNoise(pixels, row, { second: memory(), third: memory(), fifth: memory() });
}

function throughLevels(pixels: Float32Array, step: number, dither: Dither, ditherIndex = 0) {
  const noise = noiseOf(pixels);
  const levels = levelsOf(noise, step, pixels.length, dither)!;
  const integers = new Int32Array(pixels.length);
  quantize(pixels, levels, dither, ditherIndex, integers);
  const back = new Float32Array(pixels.length);
  dequantize(integers, { ...levels, blank: undefinedLevel, dither, ditherIndex }, back);
  return { integers, back, levels };
}

describe("the noise of a tile", () => {
  test("is that of its pixels, whatever slope and steps lie under it", () => {
    const pixels = normal(40_000, 1).map((value, index) => 3 * value + index / 50 + (index > 9000 ? 1000 : 0));
    expect(noiseOf(pixels).noise / 3).toBeCloseTo(1, 1);
    expect(noiseOf(Float64Array.from(pixels), 200).noise / 3).toBeCloseTo(1, 1);
  });

  test("is none where pixels are alike, or fewer than nine", () => {
    expect(noiseOf(new Float32Array(100).fill(7)).noise).toBe(0);
    expect(noiseOf(normal(8, 2)).noise).toBe(0);
  });

  test("leaves out what is undefined, and says how much is left", () => {
    const pixels = normal(5000, 3).map((value, index) => (index % 3 === 0 ? Number.NaN : value));
    const { noise, definedCount, minimum, maximum } = noiseOf(pixels);
    expect(noise).toBeCloseTo(1, 1);
    expect(definedCount).toBe(3333);
    expect([minimum, maximum]).toEqual([
      Math.min(...pixels.filter((value) => !Number.isNaN(value))),
      Math.max(...pixels.filter((value) => !Number.isNaN(value))),
    ]);
  });
});

describe("levels", () => {
  test.each<Dither>(["NO_DITHER", "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2"])(
    "of %s are no further from the pixels than half a step, and NaN stays NaN",
    (dither) => {
      const pixels = normal(30_000, 4).map((value, index) => (index % 97 === 5 ? Number.NaN : 100 + value));
      const { back } = throughLevels(pixels, 0.25, dither, 9990);
      // Beside half a step there is the rounding to float32.
      const furthest = pixels.reduce((most, pixel, index) => {
        expect(Number.isNaN(back[index])).toBe(Number.isNaN(pixel));
        return Number.isNaN(pixel) ? most : Math.max(most, Math.abs((back[index] as number) - pixel));
      }, 0);
      expect(furthest).toBeLessThanOrEqual(0.125 + 1e-5);
      expect(furthest).toBeGreaterThan(0.12);
    },
  );

  test("keep a pixel of exactly zero in SUBTRACTIVE_DITHER_2", () => {
    const pixels = normal(1000, 5).map((value, index) => (index % 10 === 0 ? 0 : value));
    const { back } = throughLevels(pixels, 0.5, "SUBTRACTIVE_DITHER_2");
    expect(back.every((value, index) => (value === 0) === (index % 10 === 0))).toBe(true);
  });

  test("are none for pixels without noise, with infinite ones, or wider than integers are", () => {
    const known = { noise: 1, minimum: 0, maximum: 10, definedCount: 9 };
    const step = (value: number) => levelsOf(known, value, 9, "NO_DITHER");
    expect(step(0)).toBeUndefined();
    expect(step(1e-9)).toBeUndefined();
    expect(levelsOf({ ...known, maximum: Number.POSITIVE_INFINITY }, 1, 9, "NO_DITHER")).toBeUndefined();
    expect(levelsOf({ ...known, minimum: Number.NEGATIVE_INFINITY }, 1, 9, "NO_DITHER")).toBeUndefined();
  });

  test("of a tile without any defined pixel hold only the undefined one", () => {
    const { integers, back } = throughLevels(new Float32Array(20).fill(Number.NaN), 1, "SUBTRACTIVE_DITHER_2");
    expect(integers.every((level) => level === undefinedLevel)).toBe(true);
    expect(back.every((value) => Number.isNaN(value))).toBe(true);
  });

  test("taken again from what they gave are the same levels", () => {
    const { back, levels } = throughLevels(
      normal(2000, 6).map((value) => 50 + value),
      0.25,
      "NO_DITHER",
    );
    const again = levelsOf(noiseOf(back), levels.scale, back.length, "NO_DITHER");
    expect((again!.zero - levels.zero) / levels.scale).toBeCloseTo(
      Math.round((again!.zero - levels.zero) / levels.scale),
      5,
    );
  });
});

describe("a faint signal", () => {
  test.each<[Dither, number]>([
    ["SUBTRACTIVE_DITHER_1", 4],
    ["SUBTRACTIVE_DITHER_2", 4],
    ["NO_DITHER", 16],
    ["SUBTRACTIVE_DITHER_2", 16],
  ])("is moved by less than 1e-4 of the noise by %s at level %d", (dither, level) => {
    // A signal of a thousandth of the noise: the mean error of the levels must be far below it.
    const rows = 400;
    const width = 10_000;
    let sum = 0;
    const pixels = normal(width * rows, 7).map((value) => 0.001 + value);
    for (let row = 0; row < rows; row += 1) {
      const tile = pixels.subarray(row * width, (row + 1) * width);
      const { back } = throughLevels(tile, 1 / level, dither, row * 37);
      for (let index = 0; index < width; index += 1) sum += (back[index] as number) - (tile[index] as number);
    }
    expect(Math.abs(sum / pixels.length)).toBeLessThan(1e-4);
  });
});
