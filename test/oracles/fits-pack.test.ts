import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { array } from "../../src/codecs/index.ts";
import { bytesSource } from "../../src/core/byte-source.ts";
import { openFile } from "../../src/core/file.ts";
import { type NdArray, type PixelArray, sizeOf } from "../../src/core/ndarray.ts";
import {
  type CompressionPreset,
  encodeFits,
  Header,
  openFits,
  packFits,
  readImage,
  type TileCompression,
} from "../../src/fits/index.ts";
import { randomFrom } from "../fits/random.ts";
import { ask, astropy, cfitsio, describeWith, fitsverify, funpack } from "./fits-oracle.ts";

const program = fileURLToPath(new URL("fits-compressed-read.py", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-pack-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Maker = { from(source: ArrayLike<number>, map?: (value: number) => number): PixelArray };

function noisy(type: Maker, shape: readonly number[], pixel: (noise: number, index: number) => number): NdArray {
  const random = randomFrom(20260401);
  const noise = Array.from({ length: sizeOf(shape) }, () => random() + random() + random() + random() - 2);
  return { data: type.from(noise.map(pixel)), shape };
}

const flat = [41, 67];
const images: Readonly<Record<string, NdArray>> = {
  "unsigned bytes": noisy(Uint8Array, flat, (noise) => 120 + noise * 40),
  "signed bytes": noisy(Int8Array, flat, (noise) => noise * 60),
  "16-bit integers": noisy(Int16Array, flat, (noise, index) => noise * 90 + index / 9 - 300),
  "16-bit integers of every value": noisy(Int16Array, flat, (_, index) => index * 7919),
  "unsigned 16-bit integers": noisy(Uint16Array, flat, (noise, index) => 30000 + noise * 900 + index),
  "32-bit integers": noisy(Int32Array, flat, (noise, index) => noise * 1e6 + index * 1000),
  "32-bit integers of every value": noisy(Int32Array, flat, (_, index) => index * 2654435761),
  "unsigned 32-bit integers": noisy(Uint32Array, flat, (noise) => 2 ** 31 + noise * 1e5),
  "32-bit reals": noisy(Float32Array, flat, (noise, index) => (index % 11 === 0 ? 0 : 100 + noise * 10)),
  "reals with NaN": noisy(Float32Array, flat, (noise, index) => (index % 50 === 3 ? Number.NaN : 100 + noise * 10)),
  "rows of NaN": noisy(Float32Array, flat, (noise, index) => (index < 67 * 3 ? Number.NaN : noise)),
  "reals that are equal at first": noisy(Float32Array, flat, (noise, index) => (index < 600 ? 7 : noise)),
  "64-bit reals": noisy(Float64Array, flat, (noise) => noise * 1e-5),
  "a cube": noisy(Int16Array, [3, 20, 31], (noise) => noise * 100),
  "a cube of reals": noisy(Float32Array, [3, 20, 31], (noise) => noise * 100),
  "a line": noisy(Int32Array, [1000], (noise) => noise * 100),
  "rows longer than the random numbers": noisy(Float32Array, [4, 12000], (noise) => noise),
};

const settings: Readonly<Record<string, TileCompression | CompressionPreset>> = {
  standard: {},
  dkist: "dkist",
  fpack: "fpack",
  lossless: "lossless",
  "gzip 1": { algorithm: "GZIP_1" },
  "gzip 2 of levels": { algorithm: "GZIP_2", level: 8, seed: 10_000 },
  "gzip 1 of steps": { algorithm: "GZIP_1", step: 0.5, dither: "SUBTRACTIVE_DITHER_1" },
  "tiles of a part": { tile: [7, 13] },
  "one tile": { tile: [99, 99] },
};

const isReal = ({ data }: NdArray) => data instanceof Float32Array || data instanceof Float64Array;

function differences(ours: PixelArray, theirs: PixelArray): string[] {
  if (ours.length !== theirs.length) return [`${ours.length} pixels, ${theirs.length} pixels`];
  return Array.from(ours.keys())
    .filter((index) => !Object.is(Number(ours[index]), Number(theirs[index])))
    .slice(0, 5)
    .map((index) => `${index}: ${ours[index]}, ${theirs[index]}`);
}

interface Written {
  readonly path: string;
  readonly what: string;
  readonly image: NdArray;
  /** As we read it. */
  readonly ours: NdArray;
}

let written: Promise<readonly Written[]> | undefined;
/** Every image with every setting that fits it, and what we read from them ourselves. */
function writeAll(): Promise<readonly Written[]> {
  written ??= (async () => {
    const all: Written[] = [];
    for (const [name, image] of Object.entries(images)) {
      for (const [setting, compression] of Object.entries(settings)) {
        const tiles = typeof compression === "object" && (compression.tile?.length ?? 0) > image.shape.length;
        if (tiles) continue;
        const header = Header.from({ OBJECT: ["Sun", "what was looked at"], EXPTIME: 1.5 });
        header.addHistory("dark subtracted").addComment("taken at noon");
        const bytes = encodeFits([{ header, image }], { checksum: true, compression });
        const path = join(folder, `${all.length}.fits`);
        await writeFile(path, bytes);
        const ours = await readImage(bytesSource(bytes), undefined, { checksum: true });
        all.push({ path, what: `${name}, ${setting}`, image, ours });
      }
    }
    return all;
  })();
  return written;
}

test("what we write compressed, we read: integers and lossless reals bit by bit, levels within half a step", async () => {
  for (const { what, image, ours } of await writeAll()) {
    expect(ours.shape, what).toEqual(image.shape);
    expect(ours.data.constructor, what).toBe(image.data.constructor);
    if (!isReal(image) || /lossless|gzip 1$/.test(what)) expect(differences(ours.data, image.data), what).toEqual([]);
    else {
      const undefinedAt = (pixels: PixelArray) =>
        Array.from(pixels.keys()).filter((index) => Number.isNaN(pixels[index]));
      expect(undefinedAt(ours.data), what).toEqual(undefinedAt(image.data));
    }
  }
});

for (const library of [astropy, cfitsio]) {
  describeWith(library, () => {
    test("reads from our compressed images the numbers that we read, without a warning", async () => {
      const all = await writeAll();
      const out = join(folder, library.name);
      await mkdir(out);
      const pairs = all.flatMap(({ path }, index) => [path, join(out, `${index}.npy`)]);
      expect(JSON.parse(ask(library, [program, library.name, ...pairs]))).toEqual([]);
      for (const [index, { ours, what }] of all.entries()) {
        await using file = await openFile(join(out, `${index}.npy`));
        const theirs = await array.decode(file, { path: file.name });
        expect(theirs.shape, what).toEqual(ours.shape);
        // fitsio, and astropy before 5.3, know no undefined levels, of fpack's files either; funpack does. Other tiles keep NaN.
        const isKnown =
          ({ data }: NdArray) =>
          (_: number, index: number) =>
            !Number.isNaN(data[index]);
        const [known, theirsThere] = /NaN, fpack$/.test(what)
          ? [Array.from(ours.data, Number).filter(isKnown(ours)), Array.from(theirs.data, Number).filter(isKnown(ours))]
          : [ours.data, theirs.data];
        expect(differences(Float64Array.from(known, Number), Float64Array.from(theirsThere, Number)), what).toEqual([]);
      }
    }, 120_000);
  });
}

/** In one call: to start a program takes longer than it needs for such files. */
function verifyAll(paths: readonly string[]): void {
  const said = ask(fitsverify, ["-q", ...paths])
    .trim()
    .split("\n");
  expect(said.filter((line) => !line.startsWith("verification OK"))).toEqual([]);
  expect(said.length).toBe(paths.length);
}

describeWith(fitsverify, () => {
  test("has nothing to say against our compressed images", async () => {
    verifyAll((await writeAll()).map(({ path }) => path));
  });
});

describeWith(funpack, () => {
  test("restores from our compressed reals the numbers that we read, NaN as NaN", async () => {
    // Where tiles are parts of rows, funpack 1.7 mixes up those that have undefined pixels.
    const all = (await writeAll()).filter(({ what, ours }) => isReal(ours) && !/NaN, tiles of a part/.test(what));
    const restoredOf = (path: string): string => path.replace(/\.fits$/, "-restored.fits");
    for (const { path } of all) await copyFile(path, `${restoredOf(path)}.fz`);
    ask(
      funpack,
      all.map(({ path }) => `${restoredOf(path)}.fz`),
    );
    for (const { path, what, ours } of all) {
      await using file = await openFile(restoredOf(path));
      expect(differences(ours.data, (await readImage(file)).data), what).toEqual([]);
    }
  });

  test("restores the file that was packed, header and pixels", async () => {
    const header = Header.from({ OBJECT: ["Sun", "what was looked at"], EXPTIME: 1.5, HISTORY: "taken" });
    const pathOf = (name: string): string => join(folder, `${name.replaceAll(" ", "-")}.fits`);
    for (const [name, image] of Object.entries(images)) {
      const second = { header: Header.from({ EXTNAME: "SECOND" }), image };
      const plain = encodeFits([{ header, image }, second], { checksum: true });
      const parts = await Array.fromAsync(packFits(await openFits(bytesSource(plain)), { compression: "lossless" }));
      await writeFile(`${pathOf(name)}.fz`, Buffer.concat(parts));
    }
    const packed = Object.keys(images).map((name) => `${pathOf(name)}.fz`);
    verifyAll(packed);
    ask(funpack, packed);
    for (const [name, image] of Object.entries(images)) {
      await using file = await openFile(pathOf(name));
      const { hdus } = await openFits(file);
      expect(
        hdus.map((hdu) => hdu.name),
        name,
      ).toEqual([undefined, "SECOND"]);
      for (const hdu of hdus) {
        expect(differences((await readImage(file, hdu.index, { checksum: true })).data, image.data), name).toEqual([]);
      }
      expect(hdus[0]!.header.cards.map((card) => card.image.slice(0, 30).trimEnd())).toEqual(
        expect.arrayContaining(header.cards.map((card) => card.image.slice(0, 30).trimEnd())),
      );
    }
  });
});
