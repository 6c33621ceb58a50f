import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openFile } from "../../../src/core/file.ts";
import type { NdArray } from "../../../src/core/ndarray.ts";
import { encodeFrame, type Frame, Header, readFrame } from "../../../src/fits/index.ts";
import { add, combine, divide, multiply, random, scale, scaleDark, subtract } from "../../../src/math/index.ts";

// Planes come one after the other, so there are several strips.
const shape = [3, 5, 7];
const size = 3 * 5 * 7;
const draws = random("over files");
const reals = (): NdArray => ({ data: Float32Array.from({ length: size }, () => 1 + draws.uniform()), shape });
const frame = (name: string, more: Partial<Frame> = {}): Frame => ({
  header: Header.from({ OBJECT: name }),
  image: { data: Uint16Array.from({ length: size }, () => draws.integer(65_536)), shape },
  ...more,
});
const light = frame("light", {
  mask: { data: Uint32Array.from({ length: size }, () => draws.integer(2 ** 32)), shape },
  variance: reals(),
});
const dark = frame("dark", { image: reals(), variance: reals() });
const plain = frame("plain");

let folder: string;
let paths: Record<"light" | "dark" | "plain" | "small", string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-over-"));
  const put = async (name: string, bytes: Uint8Array) => {
    await writeFile(join(folder, name), bytes);
    return join(folder, name);
  };
  paths = {
    light: await put("light.fits", encodeFrame(light)),
    dark: await put("dark.fits.gz", gzipSync(encodeFrame(dark))),
    plain: await put("plain.fits", encodeFrame(plain, { compression: { algorithm: "RICE_1" } })),
    small: await put("small.fits", encodeFrame({ ...plain, image: { data: new Uint8Array(6), shape: [2, 3] } })),
  };
});
afterAll(() => rm(folder, { recursive: true }));

const parts = ({ header, image, mask, variance }: Frame) => ({ object: header.get("OBJECT"), image, mask, variance });

describe.each([
  ["add", add],
  ["subtract", subtract],
  ["multiply", multiply],
  ["divide", divide],
] as const)("%s", (_, verb) => {
  test("finds of files what it finds of their frames, whichever of both is one", async () => {
    const expected = parts(verb(light, dark));
    expect(parts(await verb(paths.light, paths.dark))).toEqual(expected);
    expect(parts(await verb(paths.light, dark))).toEqual(expected);
    expect(parts(await verb(light, paths.dark))).toEqual(expected);
    expect(parts(await verb(paths.plain, 3))).toEqual(parts(verb(plain, 3)));
    expect(parts(await verb(paths.plain, dark.image))).toEqual(parts(verb(plain, dark.image)));
    expect(Object.keys(await verb(paths.plain, paths.plain))).toEqual(["header", "image"]);
  });
});

test("a file is scaled as its frame is", async () => {
  const options = { factorVariance: 0.25 };
  expect(parts(await scale(paths.light, 1.5, options))).toEqual(parts(scale(light, 1.5, options)));
  expect(parts(await scale(paths.plain, 1.5))).toEqual(parts(scale(plain, 1.5)));
});

test("a dark that is a file, or its bias, is scaled as their frames are", async () => {
  const times = { from: 10, to: 4 };
  expect(parts(await scaleDark(paths.dark, times))).toEqual(parts(scaleDark(dark, times)));
  const expected = parts(scaleDark(dark, { ...times, bias: light }));
  expect(parts(await scaleDark(paths.dark, { ...times, bias: paths.light }))).toEqual(expected);
  expect(parts(await scaleDark(paths.dark, { ...times, bias: light }))).toEqual(expected);
  expect(parts(await scaleDark(dark, { ...times, bias: paths.light }))).toEqual(expected);
});

test("files are combined as their frames are, by one matrix or one for each pixel", async () => {
  const one = { data: Float64Array.from([0.5, 0.5, 0.5, -0.5]), shape: [2, 2] };
  const each = { data: Float64Array.from({ length: 4 * size }, () => draws.gaussian()), shape: [...shape, 2, 2] };
  for (const matrix of [one, each]) {
    const found = await combine([paths.light, paths.dark], matrix);
    expect(found.map(parts)).toEqual(combine([light, dark], matrix).map(parts));
  }
  await expect(combine([paths.light], one)).rejects.toThrow(/combine 1 frames/);
  await expect(combine([paths.light], { ...each, shape: [size, 2, 2] })).rejects.toThrow(/3 x 5 x 7/);
});

describe("files whose shape is another's are named", () => {
  const shapes = (message: RegExp) =>
    expect.objectContaining({ code: "ARRAY_SHAPE", message: expect.stringMatching(message) });

  test("by the verbs over files", async () => {
    await expect(subtract(paths.light, paths.small)).rejects.toThrow(shapes(/small\.fits .*2 x 3.*light\.fits/));
    await expect(subtract(paths.small, light)).rejects.toThrow(shapes(/small\.fits .*2 x 3.*3 x 5 x 7/));
    await expect(scaleDark(light, { from: 1, to: 1, bias: paths.small })).rejects.toThrow(shapes(/small\.fits/));
    await expect(combine([paths.light, paths.small], light.image)).rejects.toThrow(shapes(/small\.fits/));
  });

  test("by the verbs over frames that were read", async () => {
    const read = async (path: string) => {
      await using file = await openFile(path);
      return await readFrame(file);
    };
    const [one, other] = [await read(paths.light), await read(paths.small)];
    expect(() => subtract(one, other)).toThrow(shapes(/3 x 5 x 7 \(.*light\.fits\) and 2 x 3 \(.*small\.fits\)/));
    expect(() => combine([one, other], light.image)).toThrow(shapes(/light\.fits.*small\.fits/));
  });
});

test("nothing goes on once the signal fires, and a missing file is named", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(subtract(paths.light, paths.dark, { signal })).rejects.toThrow("enough");
  await expect(divide(light, join(folder, "gone.fits"))).rejects.toThrow(
    expect.objectContaining({ code: "FITS_FILE", message: expect.stringMatching(/gone\.fits/) }),
  );
});
