import fc, { array, constantFrom, integer, oneof } from "fast-check";
import { expect, test } from "vitest";
import { encodeRice, riceMostBytes } from "../../../src/fits/tiles/encode-rice.ts";
import { decodeRice, type RiceOutput, riceLeastBytes, riceOverreadBytes } from "../../../src/fits/tiles/rice.ts";

const types = { 1: Uint8Array, 2: Int16Array, 4: Int32Array } as const;

function roundTrip(pixels: RiceOutput, blockSize: number): RiceOutput {
  const pixelBytes = pixels.BYTES_PER_ELEMENT as 1 | 2 | 4;
  const parameters = { blockSize, pixelBytes };
  const output = new Uint8Array(riceMostBytes(pixels.length, parameters));
  const length = encodeRice(pixels, output, parameters);
  expect(length).toBeLessThanOrEqual(output.length);
  expect(length).toBeGreaterThanOrEqual(riceLeastBytes(pixels.length, parameters));
  const padded = new Uint8Array(length + riceOverreadBytes);
  padded.set(output.subarray(0, length));
  const back = new types[pixelBytes](pixels.length);
  decodeRice(new DataView(padded.buffer), 0, length, back, parameters, (problem) => new Error(problem));
  return back;
}

test("what Rice encodes, it decodes: all widths, any block, smooth or wild", () => {
  // Runs, small steps and jumps over the whole range, so that each kind of block comes about.
  const pixel = oneof(
    { weight: 5, arbitrary: integer({ min: -3, max: 3 }) },
    integer({ min: -(2 ** 12), max: 2 ** 12 }),
    integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  );
  fc.assert(
    fc.property(
      constantFrom(1, 2, 4),
      constantFrom(1, 7, 16, 32),
      array(pixel, { minLength: 1, maxLength: 150 }),
      (width, block, values) => {
        const pixels = types[width as 1 | 2 | 4].from(values);
        expect(roundTrip(pixels, block)).toEqual(pixels);
      },
    ),
    { seed: 4, numRuns: 600 },
  );
});

test("pixels that are all alike take the first pixel and a few bits for each block", () => {
  const output = new Uint8Array(1000);
  expect(encodeRice(new Int32Array(320).fill(77), output, { blockSize: 32, pixelBytes: 4 })).toBe(
    4 + Math.ceil(50 / 8),
  );
  expect([...output.subarray(0, 5)]).toEqual([0, 0, 0, 77, 0]);
});
