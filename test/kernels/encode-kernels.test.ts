import { describe, expect, test } from "vitest";
import { encodeRice, riceMostBytes } from "../../src/fits/tiles/encode-rice.ts";
import { levelsOf, quantize } from "../../src/fits/tiles/quantize.ts";
import { kernelNoise, tileNoise } from "../../src/fits/tiles/tile-noise.ts";
import { encodeKernelPixels, encodeKernels } from "../../src/kernels/encode-kernels.ts";
import { randomFrom } from "../fits/random.ts";

const arrays = { 1: Uint8Array, 2: Int16Array, 4: Int32Array } as const;

describe.each([1, 2, 4] as const)("Rice tiles of %i bytes a pixel", (pixelBytes) => {
  test.each([32, 8, 1, 33])("in blocks of %i are encoded to the bytes that JavaScript makes", (blockSize) => {
    const random = randomFrom(30 + pixelBytes);
    for (let run = 0; run < 400; run += 1) {
      const count = 1 + Math.floor(random() * (run % 50 === 0 ? 20_000 : 300));
      const width = 2 ** (random() * (pixelBytes * 8 + 1));
      const jumps = random() < 0.5 ? 0 : random() * 0.1;
      const same = random();
      const pixels = new arrays[pixelBytes](count);
      for (let i = 0; i < count; i += 1) {
        const value = random() < jumps ? random() * 2 ** 32 : (random() - 0.5) * width;
        pixels[i] = random() < same ? (pixels[i - 1] ?? 0) : value;
      }
      const most = riceMostBytes(count, { blockSize, pixelBytes });
      const expected = new Uint8Array(most + 64);
      const length = encodeRice(pixels, expected, { blockSize, pixelBytes });
      expect(encodeKernels().encodeRice(pixels, blockSize, most).slice()).toEqual(expected.slice(0, length));
    }
  });
});

const kinds = { Float32Array, Float64Array } as const;

describe.each(["Float32Array", "Float64Array"] as const)("tiles of %s", (kind) => {
  const memoryOf = (length: number) => ({
    second: new kinds[kind](length),
    third: new kinds[kind](length),
    fifth: new kinds[kind](length),
  });

  function tile(random: () => number, length: number): Float32Array | Float64Array {
    const pixels = new kinds[kind](length);
    const scale = 10 ** (random() * 12 - 6);
    const [missing, zero, same] = [random() < 0.5 ? 0 : 0.1, random() < 0.5 ? 0 : 0.1, random() < 0.5 ? 0 : random()];
    for (let i = 0; i < length; i += 1) {
      const value = scale * (1 + random() + random() + Math.sin(i / 30));
      pixels[i] =
        random() < missing ? Number.NaN : random() < zero ? 0 : random() < same ? (pixels[i - 1] ?? 0) : value;
    }
    return pixels;
  }

  test("have the noise and the levels that JavaScript finds", () => {
    const random = randomFrom(kind.length);
    const kernels = encodeKernels();
    let levelled = 0;
    for (let run = 0; run < 300; run += 1) {
      const rowLength = 1 + Math.floor(random() * (run % 20 === 0 ? 12_000 : 200));
      const pixels = tile(random, rowLength * (1 + Math.floor(random() * 4)) + (run % 3));
      const expected = tileNoise(pixels, rowLength, memoryOf(rowLength));
      kernels.put(pixels);
      expect(kernelNoise(kernels, pixels.length, rowLength)).toEqual(expected);
      for (const dither of ["NO_DITHER", "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2"] as const) {
        const levels = levelsOf(expected, expected.noise / 4, pixels.length, dither);
        if (levels === undefined) continue;
        levelled += 1;
        const integers = new Int32Array(pixels.length);
        const round = (run * 37 + 9_900) % 10_000;
        quantize(pixels, levels, dither, round, integers);
        const asked = { ...levels, round: dither === "NO_DITHER" ? undefined : round };
        expect(kernels.quantize({ ...asked, keepsZero: dither === "SUBTRACTIVE_DITHER_2" }).slice()).toEqual(integers);
      }
    }
    expect(levelled).toBeGreaterThan(300);
  });

  test("of infinite pixels end, whatever their noise", () => {
    const pixels = new kinds[kind](100);
    for (let i = 0; i < 100; i += 1)
      pixels[i] = i % 3 === 0 ? Number.POSITIVE_INFINITY : i % 7 === 0 ? Number.NEGATIVE_INFINITY : i;
    encodeKernels().put(pixels);
    const noise = kernelNoise(encodeKernels(), 100, 100);
    expect(levelsOf(noise, 1, 100, "NO_DITHER")).toBeUndefined();
  });
});

test("what there is no room for is refused", () => {
  const kernels = encodeKernels();
  kernels.put(new Float32Array(10));
  expect(() => kernels.noise(5, 6)).toThrow(RangeError);
  expect(() => kernels.put(new Float32Array(encodeKernelPixels + 1))).toThrow(RangeError);
  expect(() => kernels.encodeRice(new Int32Array(4), 2000, 100)).toThrow(RangeError);
});
