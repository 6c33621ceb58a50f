import { describe, expect, test } from "vitest";
import { dequantize, quantitiesOf } from "../../src/fits/tiles/dequantize.ts";
import { encodeRice, riceMostBytes } from "../../src/fits/tiles/encode-rice.ts";
import { decodeRice, riceOverreadBytes } from "../../src/fits/tiles/rice.ts";
import { tileKernels } from "../../src/kernels/tile-kernels.ts";
import { randomFrom } from "../fits/random.ts";

const arrays = { 1: Uint8Array, 2: Int16Array, 4: Int32Array } as const;

/** What JavaScript makes of the same bytes. */
function plainly(bytes: Uint8Array, count: number, blockSize: number, pixelBytes: 1 | 2 | 4) {
  const output = new arrays[pixelBytes](count);
  const padded = new Uint8Array(bytes.length + riceOverreadBytes);
  padded.set(bytes);
  try {
    const fail = (problem: string) => new Error(problem);
    decodeRice(new DataView(padded.buffer), 0, bytes.length, output, { blockSize, pixelBytes }, fail);
    return output;
  } catch {
    return "refused";
  }
}

function byKernel(bytes: Uint8Array, count: number, blockSize: number, pixelBytes: 1 | 2 | 4) {
  const found = tileKernels().decodeRice(bytes, { count, blockSize, pixelBytes });
  return typeof found === "object" ? found.slice() : "refused";
}

describe.each([1, 2, 4] as const)("Rice tiles of %i bytes a pixel", (pixelBytes) => {
  test("are decoded to what was encoded, however rough", () => {
    const random = randomFrom(pixelBytes);
    for (let run = 0; run < 200; run += 1) {
      const count = 1 + Math.floor(random() * 300);
      const width = 2 ** (random() * pixelBytes * 8);
      const jumps = random() * 0.1;
      const pixels = new arrays[pixelBytes](count);
      for (let i = 0; i < count; i += 1) {
        const value = random() < jumps ? random() * 2 ** 32 : (random() - 0.5) * width;
        pixels[i] = random() < 0.2 ? (pixels[i - 1] ?? 0) : value;
      }
      const blockSize = [8, 16, 32, 33, 1][run % 5] as number;
      const output = new Uint8Array(riceMostBytes(count, { blockSize, pixelBytes }) + 64);
      const length = encodeRice(pixels, output, { blockSize, pixelBytes });
      expect(byKernel(output.slice(0, length), count, blockSize, pixelBytes)).toEqual(pixels);
    }
  });

  test("of any bytes are what JavaScript makes of them, or refused as there", () => {
    const random = randomFrom(10 + pixelBytes);
    const seen = { refused: 0, read: 0 };
    for (let run = 0; run < 3000; run += 1) {
      const ones = random();
      const bytes = Uint8Array.from({ length: Math.floor(random() * 80) + pixelBytes }, () =>
        random() < ones ? Math.floor(random() * 256) : random() < 0.5 ? 0 : 255 * Math.round(random()),
      );
      const count = 1 + Math.floor(random() * 100);
      const expected = plainly(bytes, count, 32, pixelBytes);
      expect(byKernel(bytes, count, 32, pixelBytes)).toEqual(expected);
      seen[expected === "refused" ? "refused" : "read"] += 1;
    }
    expect(Math.min(seen.refused, seen.read)).toBeGreaterThan(100);
  });
});

describe.each(["NO_DITHER", "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2"] as const)("%s", (dither) => {
  test.each([
    ["float32", Float32Array],
    ["float64", Float64Array],
  ] as const)("is taken back to %s to the bit", (precision, type) => {
    const random = randomFrom(20);
    for (const [run, count] of [1, 3, 4, 5, 100, 9_999, 25_003].entries()) {
      const special = [-2147483647, -2147483646, 0];
      const integers = Int32Array.from({ length: count }, () =>
        random() < 0.1 ? (special[Math.floor(random() * 3)] as number) : (random() - 0.5) * 2 ** (1 + random() * 31),
      );
      const how = {
        scale: random(),
        zero: 1000 * random() - 500,
        blank: [undefined, -2147483647, 0, 0.5][run % 4],
        dither,
        ditherIndex: 9_990 + run * 17 - (run % 2) * 30_000,
      };
      const expected = new type(count);
      dequantize(integers, how, expected);
      expect(tileKernels().dequantize(integers, quantitiesOf(how), precision)).toEqual(expected);
    }
  });
});
