import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { array } from "../../src/codecs/index.ts";
import { openFile } from "../../src/core/file.ts";
import { type NdArray, type PixelArray, sizeOf } from "../../src/core/ndarray.ts";
import { encodeFits, type Frame, Header, readFrame, readImage } from "../../src/fits/index.ts";
import { randomFrom } from "../fits/random.ts";
import { ask, astropy, describeWith, fpack, funpack } from "./fits-oracle.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-tiles-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const frameIn = async (path: string): Promise<Frame> => {
  await using file = await openFile(path);
  return await readFrame(file, { checksum: true });
};

/** The first pixels that differ, as `index: ours, theirs`; all kinds of NaN are one. */
function differences(ours: PixelArray, theirs: PixelArray): string[] {
  if (ours.length !== theirs.length) return [`${ours.length} pixels, ${theirs.length} pixels`];
  return Array.from(ours.keys())
    .filter((index) => !Object.is(ours[index], theirs[index]))
    .slice(0, 5)
    .map((index) => `${index}: ${ours[index]}, ${theirs[index]}`);
}

type Maker = { from(source: ArrayLike<number>, map?: (value: number) => number): PixelArray };

/** Noise with a slope: `pixel` makes a value of noise around 0 of width 1 and of the index. */
function noisy(type: Maker, shape: readonly number[], pixel: (noise: number, index: number) => number): NdArray {
  const random = randomFrom(20260301);
  const noise = Array.from({ length: sizeOf(shape) }, () => random() + random() + random() + random() - 2);
  return { data: type.from(noise.map(pixel)), shape };
}

const flat = [37, 53];
const images: Readonly<Record<string, NdArray>> = {
  "unsigned bytes": noisy(Uint8Array, flat, (noise) => 120 + noise * 40),
  "signed bytes": noisy(Int8Array, flat, (noise) => noise * 60),
  "16-bit integers": noisy(Int16Array, flat, (noise, index) => noise * 90 + index / 9 - 300),
  "16-bit integers of every value": noisy(Int16Array, flat, (_, index) => index * 7919),
  "positive 16-bit integers": noisy(Int16Array, flat, (noise) => Math.abs(noise * 900)),
  "unsigned 16-bit integers": noisy(Uint16Array, flat, (noise, index) => 30000 + noise * 900 + index),
  "32-bit integers": noisy(Int32Array, flat, (noise, index) => noise * 1e6 + index * 1000),
  "32-bit integers of every value": noisy(Int32Array, flat, (_, index) => index * 2654435761),
  "unsigned 32-bit integers": noisy(Uint32Array, flat, (noise) => 2 ** 31 + noise * 1e5),
  "32-bit reals": noisy(Float32Array, flat, (noise, index) => (index % 11 === 0 ? 0 : 100 + noise * 10)),
  "reals with NaN": noisy(Float32Array, flat, (noise, index) => (index % 50 === 3 ? Number.NaN : 100 + noise * 10)),
  "reals that are equal at first": noisy(Float32Array, flat, (noise, index) => (index < 600 ? 7 : noise)),
  "64-bit reals": noisy(Float64Array, flat, (noise) => noise * 1e-5),
  "a cube": noisy(Int16Array, [3, 20, 31], (noise) => noise * 100),
  "a cube of reals": noisy(Float32Array, [3, 20, 31], (noise) => noise * 100),
  "a line": noisy(Int32Array, [1000], (noise) => noise * 100),
  "rows longer than the random numbers": noisy(Float32Array, [4, 12000], (noise) => noise),
};

const isReal = ({ data }: NdArray) => data instanceof Float32Array || data instanceof Float64Array;
const isWide = ({ data }: NdArray) => data.BYTES_PER_ELEMENT > 2;

/** What fpack 1.7 refuses to write, or writes or restores wrongly, is not asked of it. */
const settings: readonly [options: string, fits: (name: string, image: NdArray) => boolean, lossless: boolean][] = [
  ["-r -q0 4", () => true, true],
  ["-r -q77 4", () => true, true],
  ["-r -qz9999 4", () => true, true],
  ["-r -w -q5 4", (name) => !name.includes("NaN"), true],
  ["-r -t 20,7 -q5 4", (name) => !name.includes("NaN"), true],
  ["-g1", () => true, true],
  ["-g1 -q 0", () => true, true],
  ["-g2", () => true, true],
  ["-g2 -q 0", () => true, true],
  ["-h -q5 4", (name) => !/NaN|a line/.test(name), true],
  ["-h -w -q5 4", (name) => !/NaN|a line/.test(name), true],
  ["-h -t 16,16 -q0 4", (name) => !/NaN|a line/.test(name), true],
  ["-h -s 2", (name, image) => !isReal(image) && name !== "a line", false],
  ["-h -w -s -70", (name, image) => !isReal(image) && name !== "a line", false],
  ["-p", (name, image) => /bytes|positive|unsigned 16/.test(name) && !isWide(image), true],
  ["-d", (_, image) => image.data.BYTES_PER_ELEMENT > 1 && image.data.BYTES_PER_ELEMENT < 8, true],
  ["-i2f", (name) => !name.includes("NaN"), false],
];

describeWith(fpack, () => {
  /** What we and funpack read of each image as fpack packs it; all of them go through one call of either. */
  const packed = async (chosen: readonly NdArray[], options: string) => {
    const header = Header.from({ OBJECT: ["Sun", "what was looked at"], BLANKED: false, HISTORY: "made" });
    const plain = chosen.map((_, i) => join(folder, `${i}.fits`));
    const fz = plain.map((path) => `${path}.fz`);
    for (const path of [...plain, ...fz]) await rm(path, { force: true });
    for (const [i, image] of chosen.entries()) {
      await writeFile(plain[i]!, encodeFits([{ header, image }], { checksum: true }));
    }
    ask(fpack, [...options.split(" "), ...plain]);
    for (const path of plain) await rm(path);
    ask(funpack, fz);
    return await Promise.all(
      chosen.map(async (_, i) => ({ ours: await frameIn(fz[i]!), theirs: await frameIn(plain[i]!) })),
    );
  };

  test.each(settings)(
    "and with %s, what funpack restores is what we read, header and pixels",
    async (options, fits, lossless) => {
      const chosen = Object.entries(images).filter(([name, image]) => fits(name, image));
      expect(chosen.length).toBeGreaterThan(2);
      const read = await packed(
        chosen.map(([, image]) => image),
        options,
      );
      for (const [i, [name, image]] of chosen.entries()) {
        const { ours, theirs } = read[i]!;
        expect(ours.image.shape, name).toEqual(image.shape);
        expect(ours.image.data.constructor, name).toBe(theirs.image.data.constructor);
        expect(differences(ours.image.data, theirs.image.data), name).toEqual([]);
        const cards = ({ header }: Frame) =>
          header.cards.map((card) => card.image).filter((card) => !/^(CHECKSUM|DATASUM)/.test(card));
        expect(cards(ours).sort(), name).toEqual(cards(theirs).sort());
        if (lossless && !isReal(image)) expect(differences(ours.image.data, image.data), name).toEqual([]);
      }
    },
  );

  test("pixels that are not a number are so again, in tiles that funpack mixes up", async () => {
    const image = images["reals with NaN"]!;
    const { ours } = (await packed([image], "-r -t 20,7 -q5 4"))[0]!;
    const nan = ({ data }: NdArray) => Array.from(data.keys()).filter((index) => Number.isNaN(data[index]));
    expect(nan(ours.image)).toEqual(nan(image));
    const errors = [...image.data.keys()].map((index) =>
      Math.abs(Number(ours.image.data[index]) - Number(image.data[index])),
    );
    expect(Math.max(...errors.filter((each) => !Number.isNaN(each)))).toBeLessThan(2);
  });
});

describeWith(astropy, () => {
  const program = fileURLToPath(new URL("fits-tiles-write.py", import.meta.url));

  test("and what it reads from its own compressed images is what we read", async () => {
    const names = JSON.parse(ask(astropy, [program, folder])) as readonly string[];
    expect(names.length).toBeGreaterThan(100);
    for (const name of names) {
      await using file = await openFile(join(folder, `${name}.fits`));
      const ours = await readImage(file, undefined, { checksum: true });
      const path = join(folder, `${name}.npy`);
      await using truth = await openFile(path);
      const theirs = await array.decode(truth, { path });
      expect(ours.shape, name).toEqual(theirs.shape);
      expect(ours.data.constructor, name).toBe(theirs.data.constructor);
      expect(differences(ours.data, theirs.data), name).toEqual([]);
    }
  });
});
