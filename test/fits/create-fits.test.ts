import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ByteSink, bytesSource } from "../../src/core/byte-source.ts";
import { openFile } from "../../src/core/file.ts";
import type { NdArray, PixelArray } from "../../src/core/ndarray.ts";
import {
  createFits,
  encodeFits,
  Header,
  openFits,
  type PixelType,
  readImage,
  readTable,
  type TileCompression,
  verifyFits,
} from "../../src/fits/index.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-create-"));
  path = join(folder, "cube.fits");
});
afterEach(() => rm(folder, { recursive: true }));

const types = {
  ...{ uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array, uint32: Uint32Array },
  ...{ int32: Int32Array, uint64: BigUint64Array, int64: BigInt64Array, float32: Float32Array, float64: Float64Array },
};

function image(name: PixelType, shape: readonly number[]): NdArray {
  const size = shape.reduce((product, length) => product * length, 1);
  const data = new types[name](size);
  const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
  for (let i = 0; i < size; i += 1) data[i] = (wide ? BigInt((i * 7919) % 250) : (i * 7919) % 250) as never;
  return { data, shape };
}

async function streamed(
  { data, shape }: NdArray,
  pixels: PixelType,
  pieces: number,
  options: { readonly checksum?: boolean; readonly compression?: TileCompression },
): Promise<Uint8Array> {
  await using fits = await createFits(path, { ...options, overwrite: true });
  const cube = await fits.image({ header: Header.from({ OBJECT: ["Sun", "a star"], HISTORY: "made" }), pixels, shape });
  for (let at = 0; at < data.length; at += pieces) await cube.write(data.subarray(at, at + pieces) as PixelArray);
  await cube.finish();
  await fits.commit();
  return new Uint8Array(await readFile(path));
}

const compressions: readonly (TileCompression | undefined)[] = [
  undefined,
  { algorithm: "GZIP_2" },
  { algorithm: "GZIP_1", tile: [2, 3, 5] },
  { algorithm: "GZIP_2", tile: [7, 4] },
];

test("pieces of any size, of any type and shape, make the file that the whole makes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...(Object.keys(types) as PixelType[])),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 4 }),
      fc.integer({ min: 1, max: 700 }),
      fc.constantFrom(...compressions),
      fc.boolean(),
      async (name, shape, pieces, compression, checksum) => {
        const whole = image(name, shape);
        const bytes = await streamed(whole, name, pieces, { checksum, ...(compression && { compression }) });
        const header = Header.from({ OBJECT: ["Sun", "a star"], HISTORY: "made" });
        // That more may follow is all that differs.
        const more = compression === undefined ? [{ header: new Header() }] : [];
        const both = encodeFits([{ header, image: whole }, ...more], { checksum, ...(compression && { compression }) });
        const expected = both.subarray(0, both.length - (compression === undefined ? 2880 : 0));
        const [ours, theirs] = [await readImage(bytesSource(bytes)), await readImage(bytesSource(expected))];
        expect(ours).toEqual(theirs);
        expect(ours).toEqual(whole);
        expect((await verifyFits(bytesSource(bytes))).problems).toEqual([]);
        expect(bytes.length).toBe(expected.length);
        expect(Buffer.compare(bytes, expected)).toBe(0);
      },
    ),
    { numRuns: 60, seed: 4 },
  );
});

test("quantised reals are those of the whole image, tile by tile", async () => {
  const data = Float32Array.from({ length: 6 * 40 * 50 }, (_, i) => Math.sin(i) * 50 + ((i * 7919) % 101));
  const shape = [6, 40, 50];
  const compression = { level: 8 };
  const bytes = await streamed({ data, shape }, "float32", 3001, { checksum: true, compression });
  const expected = encodeFits([{ header: new Header(), image: { data, shape } }], { compression });
  expect(await readImage(bytesSource(bytes))).toEqual(await readImage(bytesSource(expected)));
  expect((await verifyFits(bytesSource(bytes))).problems).toEqual([]);
});

test("tables and whole images go between, and nothing is there before the end", async () => {
  await using fits = await createFits(path, { checksum: true });
  await fits.add({ header: new Header(), columns: [{ name: "T", type: "number", data: Int16Array.of(1, 2) }] });
  const one = await fits.image({ header: Header.from({ EXTNAME: "CUBE" }), pixels: "int16", shape: [2, 3] });
  await one.write(Int16Array.of(1, 2, 3, 4));
  await one.write(Int16Array.of(5, 6));
  await one.finish();
  await fits.add({ header: Header.from({ EXTNAME: "LAST" }), image: image("float32", [2, 2]) });
  expect(await readdir(folder)).not.toContain("cube.fits");
  await fits.commit();
  await using file = await openFile(path);
  expect((await openFits(file)).hdus.map(({ type, name }) => name ?? type)).toEqual([
    "image",
    "binaryTable",
    "CUBE",
    "LAST",
  ]);
  expect((await readTable(file, 1)).columns).toMatchObject([{ data: Int16Array.of(1, 2) }]);
  expect((await readImage(file, "CUBE")).data).toEqual(Int16Array.of(1, 2, 3, 4, 5, 6));
  expect((await verifyFits(file)).problems).toEqual([]);
});

test("what is not committed leaves nothing behind, what is there already stays", async () => {
  {
    await using fits = await createFits(path);
    await fits.add({ header: new Header() });
  }
  expect(await readdir(folder)).toEqual([]);
  await streamed(image("uint8", [2, 2, 2]), "uint8", 3, {});
  const before = await readFile(path);
  await using fits = await createFits(path);
  await fits.add({ header: new Header() });
  await expect(fits.commit()).rejects.toMatchObject({
    code: "EEXIST",
    message: expect.stringMatching(
      /^The file .*\.fits is there already. Name another, or replace it with the option overwrite\.$/,
    ),
  });
  expect(Buffer.compare(before, await readFile(path))).toBe(0);
});

describe("is refused", () => {
  const header = new Header();
  const refusal = { code: "FITS_SHAPE" };

  test("pixels of another type, too many, too few, and what comes before an image is finished", async () => {
    await using fits = await createFits(path);
    const cube = await fits.image({ header, pixels: "uint16", shape: [2, 2] });
    await expect(cube.write(Int16Array.of(1))).rejects.toMatchObject(refusal);
    await cube.write(Uint16Array.of(1, 2, 3));
    await expect(cube.write(Uint16Array.of(4, 5))).rejects.toMatchObject(refusal);
    await expect(cube.finish()).rejects.toMatchObject(refusal);
    await expect(fits.add({ header })).rejects.toMatchObject(refusal);
    await expect(fits.commit()).rejects.toMatchObject(refusal);
    await cube.write(Uint16Array.of(4));
    await cube.finish();
    await fits.commit();
  });

  test("a file without an HDU, an image without a pixel, and a type that is none", async () => {
    await using fits = await createFits(path);
    await expect(fits.commit()).rejects.toMatchObject(refusal);
    for (const shape of [[], [0, 3], [1.5], [2 ** 53, 2 ** 53]]) {
      await expect(fits.image({ header, pixels: "int8", shape })).rejects.toMatchObject(refusal);
    }
    await expect(fits.image({ header, pixels: "complex" as never, shape: [1] })).rejects.toMatchObject(refusal);
  });

  test("checksums and compression where what was written cannot be changed", async () => {
    const sink = countingSink();
    for (const options of [{ checksum: true }, { compression: "lossless" as const }]) {
      await using fits = await createFits(sink, options);
      await expect(fits.image({ header, pixels: "int16", shape: [1] })).rejects.toMatchObject({
        code: "FITS_UNSUPPORTED",
      });
    }
  });

  test("what goes on once the signal fires", async () => {
    const stop = new AbortController();
    await using fits = await createFits(path, { signal: stop.signal });
    const cube = await fits.image({ header, pixels: "uint8", shape: [2_000_000] });
    stop.abort();
    await expect(cube.write(new Uint8Array(2_000_000))).rejects.toThrow(/abort/i);
  });
});

function countingSink(): ByteSink & { readonly sizeBytes: number } {
  let sizeBytes = 0;
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    async write(bytes) {
      sizeBytes += bytes.length;
    },
    commit: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

test("a cube of any length passes through a little memory", async () => {
  const sink = countingSink();
  await using fits = await createFits(sink);
  const cube = await fits.image({ header: new Header(), pixels: "float32", shape: [400, 512, 512] });
  const slice = new Float32Array(512 * 512).fill(1.5);
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let k = 0; k < 400; k += 1) {
    await cube.write(slice);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  await cube.finish();
  expect(sink.sizeBytes).toBeGreaterThan(400 * 2 ** 20);
  expect(most).toBeLessThan(16 * 2 ** 20);
}, 60_000);

test.each([undefined, "lossless"] as const)(
  "pieces that nobody waits for keep their order (%s)",
  async (compression) => {
    const size = 700_000;
    await using fits = await createFits(path, { checksum: true, ...(compression && { compression }) });
    const cube = await fits.image({ header: new Header(), pixels: "int16", shape: [4, size] });
    const pieces = [0, 1, 2, 3].map((value) => new Int16Array(size).fill(value));
    const all = [...pieces.map((piece) => cube.write(piece)), cube.finish(), fits.commit()];
    await Promise.all(all);
    await using file = await openFile(path);
    const { data } = await readImage(file);
    for (const [value, piece] of pieces.entries()) {
      expect(
        Buffer.compare(Buffer.from(data.slice(value * size, (value + 1) * size).buffer), Buffer.from(piece.buffer)),
      ).toBe(0);
    }
    expect((await verifyFits(file)).problems).toEqual([]);
  },
);

test("after a piece was lost on its way, nothing more gets in", async () => {
  const written: number[] = [];
  const sink: ByteSink = {
    async write(bytes) {
      if (written.length === 1) {
        written.push(0);
        throw new Error("no space");
      }
      written.push(bytes.length);
    },
    commit: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  await using fits = await createFits(sink);
  const cube = await fits.image({ header: new Header(), pixels: "uint8", shape: [2, 900_000] });
  await expect(cube.write(new Uint8Array(900_000))).resolves.toBeUndefined();
  await expect(cube.write(new Uint8Array(900_000))).rejects.toThrow("no space");
  await expect(cube.finish()).rejects.toThrow("no space");
  await expect(fits.commit()).rejects.toMatchObject({ code: "FITS_SHAPE" });
  expect(written).toHaveLength(2);
});

test("what is asked after commit, and after an image's finish, is refused by name", async () => {
  await using fits = await createFits(path);
  const cube = await fits.image({ header: new Header(), pixels: "uint8", shape: [2] });
  await cube.write(Uint8Array.of(1, 2));
  await cube.finish();
  await expect(cube.finish()).rejects.toMatchObject({ code: "FITS_SHAPE" });
  await fits.commit();
  await expect(fits.commit()).rejects.toMatchObject({ code: "FITS_COMMITTED" });
  await expect(fits.add({ header: new Header() })).rejects.toMatchObject({ code: "FITS_COMMITTED" });
});
