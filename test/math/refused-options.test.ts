import { expect, test } from "vitest";
import type { NdArray } from "../../src/core/ndarray.ts";
import { Header } from "../../src/fits/index.ts";
import {
  add,
  average,
  type BinOptions,
  bin,
  extremes,
  flagCosmicRays,
  meanAndDeviation,
  medianAcross,
  percentilesAcross,
  type RotateOptions,
  repairPixels,
  rotate,
  sigmaClippedMeanAcross,
  sum,
} from "../../src/math/index.ts";

const image: NdArray = { data: Float32Array.from({ length: 64 }, (_, i) => i), shape: [8, 8] };
const mask = { data: new Uint32Array(64).fill(1), shape: [8, 8] };

test.each<[string, () => unknown]>([
  ["outside", () => rotate(image, 10, { outside: "foo" } as unknown as RotateOptions)],
  ["method", () => bin(image, [2, 2], { method: "median" } as unknown as BinOptions)],
  ["contrast", () => flagCosmicRays(image, { readNoise: 1, contrast: Number.NaN })],
  ["neighbourShare", () => flagCosmicRays(image, { readNoise: 1, neighbourShare: -1 })],
  ["maxRadius", () => repairPixels(image, mask, { maxRadius: -1 })],
  ["maxRadius", () => repairPixels(image, mask, { maxRadius: 2.5 })],
  ["neighbours", () => repairPixels(image, mask, { neighbours: 0 })],
])("%s that is none is refused by its name", (option, run) => {
  expect(run).toThrow(expect.objectContaining({ code: "MATH_OPTION", fields: expect.objectContaining({ option }) }));
});

test("a mask of another shape is refused in arithmetic with a number too", () => {
  const frame = { header: new Header(), image, mask: { data: new Uint32Array(3), shape: [3] } };
  expect(() => add(frame, 1)).toThrow(expect.objectContaining({ code: "ARRAY_SHAPE" }));
});

test("paths and frames together are refused as such", async () => {
  const both = ["one.fits", { header: new Header(), image }] as unknown as string[];
  await expect(average(both)).rejects.toMatchObject({
    code: "MATH_OPTION",
    message: "frame 2 is no path as the first one is; give paths alone, or frames alone.",
  });
});

test.each<[string, (frames: string[]) => Promise<unknown>]>([
  ["average", average],
  ["meanAndDeviation", meanAndDeviation],
  ["medianAcross", medianAcross],
  ["percentilesAcross", (frames) => percentilesAcross(frames, [50])],
  ["sigmaClippedMeanAcross", sigmaClippedMeanAcross],
  ["extremes", extremes],
  ["sum", sum],
])("a path behind a frame is refused as such by %s", async (_name, run) => {
  const both = [{ header: new Header(), image }, "one.fits"] as unknown as string[];
  await expect(run(both)).rejects.toMatchObject({
    code: "MATH_OPTION",
    message: "frame 2 is a path, and the first one is a frame; give paths alone, or frames alone.",
  });
});
