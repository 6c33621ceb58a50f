import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesSource } from "../../../src/core/byte-source.ts";
import type { NdArray, PixelArray } from "../../../src/core/ndarray.ts";
import { encodeFrame, Header, readImage, type TileCompression } from "../../../src/fits/index.ts";
import { average, openWorkers, random } from "../../../src/math/index.ts";

const draws = random("tiled");
let folder: string;
let made = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-tiled-"));
});
const workers = openWorkers(2);
afterAll(async () => {
  await workers[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function compressed(image: NdArray, compression: TileCompression): Promise<string> {
  const path = join(folder, `${made++}.fits`);
  await writeFile(path, encodeFrame({ header: Header.from({}), image }, { compression }));
  return path;
}

function imageOf(type: new (length: number) => PixelArray, shape: readonly number[], scale: number): NdArray {
  const data = new type(shape.reduce((product, length) => product * length, 1));
  for (let i = 0; i < data.length; i += 1) data[i] = i % 97 === 5 ? 0 : scale * (draws.gaussian() + 3);
  return { data, shape };
}

describe.each<[string, new (length: number) => PixelArray, number, TileCompression]>([
  ["bytes", Uint8Array, 20, {}],
  ["signed 16-bit integers", Int16Array, 3000, {}],
  ["unsigned 16-bit integers", Uint16Array, 9000, {}],
  ["32-bit integers", Int32Array, 1e8, {}],
  ["unsigned 32-bit integers", Uint32Array, 1e8, {}],
  ["reals without a dither", Float32Array, 5, { dither: "NO_DITHER" }],
  ["reals of the first dither", Float32Array, 5, { dither: "SUBTRACTIVE_DITHER_1" }],
  ["reals of the second dither", Float32Array, 5, { dither: "SUBTRACTIVE_DITHER_2" }],
  ["wide reals", Float64Array, 5, { dither: "SUBTRACTIVE_DITHER_2" }],
])("compressed %s", (_, type, scale, settings) => {
  test.each<[readonly number[], readonly number[]]>([
    [[70, 501], [501]],
    [
      [70, 501],
      [8, 501],
    ],
    [[3, 6, 40], [40]],
    [[600], [600]],
  ])("of the shape %j in tiles of %j are averaged over files as over arrays", async (shape, tile) => {
    const images = Array.from({ length: 3 }, () => imageOf(type, shape, scale));
    const paths = await Promise.all(
      images.map((image) => compressed(image, { algorithm: "RICE_1", tile, ...settings })),
    );
    const read = await Promise.all(paths.map(async (path) => readImage(bytesSource(await readFile(path)))));
    expect((await average(paths)).image).toEqual(await average(read));
    expect((await average(paths, { maxOpenFiles: 2 })).image).toEqual(await average(read));
    expect((await average(paths, { workers })).image).toEqual(await average(read));
  });
});

test("a tile whose bytes were damaged is told by file and HDU", async () => {
  const path = await compressed(imageOf(Int32Array, [40, 300], 1e6), { algorithm: "RICE_1" });
  const bytes = await readFile(path);
  // The last tiles, each of a block that is none.
  bytes.fill(0xff, bytes.length - 6000);
  await writeFile(path, bytes);
  const told = { code: "FITS_INVALID", message: expect.stringContaining(path) };
  await expect(average([path])).rejects.toMatchObject(told);
  await expect(average([path], { workers })).rejects.toMatchObject(told);
});
