import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { array } from "../../src/codecs/index.ts";
import { bytesSource } from "../../src/core/byte-source.ts";
import { openFile } from "../../src/core/file.ts";
import type { PixelArray } from "../../src/core/ndarray.ts";
import {
  type CompressionPreset,
  encodeFrame,
  type Frame,
  Header,
  openFits,
  packFits,
  readFrame,
  type TileCompression,
} from "../../src/fits/index.ts";
import { randomFrom } from "../fits/random.ts";
import { ask, astropy, describeWith, fitsverify, funpack, libcfitsio } from "./fits-oracle.ts";

// cfitsio, having read an image of which ZQUANTIZ says NONE, reads garbage from the next that has levels.

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-variance-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const random = randomFrom(20261129);
const shape = [41, 67];
const pixelsOf = <T extends PixelArray>(type: { from(source: number[]): T }, pixel: (index: number) => number) => ({
  data: type.from(Array.from({ length: 41 * 67 }, (_, index) => pixel(index))),
  shape,
});
/** Small variances beside large ones: in steps of their noise they would be below 0. */
const small = (index: number) => (index % 3 === 0 ? 1000 : 1e-4) * random();
const noise = () => 100 + 10 * (random() + random() - 1);
const header = Header.from({ OBJECT: "Sun" });
const frames: readonly (readonly [string, Frame])[] = [
  [
    "32-bit reals",
    {
      header,
      image: pixelsOf(Float32Array, noise),
      variance: pixelsOf(Float32Array, (index) => (index % 50 === 3 ? Number.NaN : small(index))),
    },
  ],
  ["64-bit reals", { header, image: pixelsOf(Float64Array, noise), variance: pixelsOf(Float64Array, small) }],
  [
    "with a mask",
    {
      header,
      image: pixelsOf(Float32Array, noise),
      mask: pixelsOf(Uint32Array, (index) => index % 5),
      variance: pixelsOf(Float32Array, small),
    },
  ],
];

const settings: readonly (readonly [string, TileCompression | CompressionPreset])[] = [
  ["standard", {}],
  ["dkist", "dkist"],
  ["fpack", "fpack"],
  ["lossless", "lossless"],
  ["levels in GZIP_2", { algorithm: "GZIP_2", level: 8 }],
  ["tiles of a part", { tile: [7, 13] }],
  ["one tile", { tile: [99, 99] }],
];

interface Written {
  readonly what: string;
  readonly path: string;
  readonly given: Frame;
  readonly ours: Frame;
}

let written: Promise<readonly Written[]> | undefined;
/** Each frame with each setting, by `encodeFrame` and by `packFits`. */
function writeAll(): Promise<readonly Written[]> {
  written ??= (async () => {
    const all: Written[] = [];
    for (const [name, given] of frames) {
      const plain = await openFits(bytesSource(encodeFrame(given)));
      for (const [setting, compression] of settings) {
        const encoded = encodeFrame(given, { compression });
        const packed = Buffer.concat(await Array.fromAsync(packFits(plain, { compression })));
        for (const [verb, bytes] of Object.entries({ encoded, packed })) {
          const path = join(folder, `${all.length}.fits.fz`);
          await writeFile(path, bytes);
          const ours = await readFrame(bytesSource(bytes), { checksum: true });
          all.push({ what: `${name}, ${setting}, ${verb}`, path, given, ours });
        }
      }
    }
    return all;
  })();
  return written;
}

function differences(ours: PixelArray | undefined, theirs: PixelArray): string[] {
  if (ours?.length !== theirs.length) return [`${ours?.length} pixels, ${theirs.length} pixels`];
  return Array.from(ours.keys())
    .filter((index) => !Object.is(Number(ours[index]), Number(theirs[index])))
    .slice(0, 3)
    .map((index) => `${index}: ${ours[index]}, ${theirs[index]}`);
}

const hdusOf = ({ image, mask, variance }: Frame) => [image, mask, variance].filter((each) => each !== undefined);

async function fromNpy(path: string): Promise<PixelArray> {
  await using file = await openFile(path);
  return (await array.decode(file, { path })).data;
}

test("the variance keeps every bit, the image what was asked", async () => {
  for (const { what, given, ours } of await writeAll()) {
    expect(differences(ours.variance?.data, given.variance!.data), what).toEqual([]);
    const isExact = differences(ours.image.data, given.image.data).length === 0;
    expect(isExact, what).toBe(what.includes("lossless"));
  }
});

describeWith(libcfitsio, () => {
  const program = fileURLToPath(new URL("fits-cfitsio-orders.py", import.meta.url));

  test.each([
    ["in their order", (last: number) => Array.from({ length: last }, (_, k) => k + 1)],
    ["backwards", (last: number) => Array.from({ length: last }, (_, k) => last - k)],
    ["the variance before everything, and again", (last: number) => [last, 2, last, 2, 1]],
  ])("reads what we read from the HDUs of a file: %s", async (_, orderOf) => {
    for (const count of [2, 3]) {
      const all = (await writeAll()).filter(({ ours }) => hdusOf(ours).length === count);
      const pairs = all.flatMap(({ path }) => [path, `${path}.out`]);
      ask(libcfitsio, [program, orderOf(count + 1).join(), ...pairs]);
      for (const { what, path, ours } of all) {
        for (const [k, { data }] of hdusOf(ours).entries()) {
          // Of three HDUs the mask is not visited by each order.
          if (!orderOf(count + 1).includes(k + 2)) continue;
          expect(differences(data, await fromNpy(`${path}.out-${k + 2}.npy`)), `${what}, HDU ${k + 2}`).toEqual([]);
        }
      }
    }
  });
});

describeWith(astropy, () => {
  test("reads image, mask and variance as we do", async () => {
    // It takes its time for each tile; what was packed has the same tiles.
    const all = (await writeAll()).filter(({ what }) => what.endsWith("encoded"));
    const program = `
import sys, numpy
from astropy.io import fits
for path in sys.argv[1:]:
    with fits.open(path, checksum=True) as file:
        for n, hdu in enumerate(file):
            if n: numpy.save(f"{path}.astropy-{n}.npy", hdu.data.astype(hdu.data.dtype.newbyteorder("<")))
`;
    ask(astropy, ["-W", "error", "-c", program, ...all.map(({ path }) => path)]);
    for (const { what, path, ours } of all) {
      for (const [k, { data }] of hdusOf(ours).entries()) {
        expect(differences(data, await fromNpy(`${path}.astropy-${k + 1}.npy`)), `${what}, HDU ${k + 1}`).toEqual([]);
      }
    }
  });
});

describeWith(fitsverify, () => {
  test("has nothing to say against them", async () => {
    const paths = (await writeAll()).map(({ path }) => path);
    const said = ask(fitsverify, ["-q", ...paths])
      .trim()
      .split("\n");
    expect(said.filter((line) => !line.startsWith("verification OK"))).toEqual([]);
    expect(said.length).toBe(paths.length);
  });
});

describeWith(funpack, () => {
  test("restores image, mask and variance as we read them", async () => {
    const all = await writeAll();
    ask(
      funpack,
      all.map(({ path }) => path),
    );
    for (const { what, path, ours } of all) {
      await using file = await openFile(path.replace(/\.fz$/, ""));
      const theirs = await readFrame(file, { checksum: true });
      for (const [k, { data }] of hdusOf(theirs).entries()) {
        expect(differences(hdusOf(ours)[k]?.data, data), `${what}, HDU ${k}`).toEqual([]);
      }
    }
  });
});
