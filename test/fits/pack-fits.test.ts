import { afterAll, describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/byte-source.ts";
import type { NdArray } from "../../src/core/ndarray.ts";
import {
  type CompressionPreset,
  encodeFits,
  Header,
  openFits,
  openWorkers,
  packFits,
  readImage,
  type TileCompression,
} from "../../src/fits/index.ts";
import { randomFrom } from "./random.ts";

const workers = openWorkers(3);
afterAll(() => workers[Symbol.asyncDispose]());

const random = randomFrom(1);
const reals = Float32Array.from({ length: 90 * 200 }, (_, i) =>
  i % 400 === 7 ? Number.NaN : i % 90 === 3 ? 0 : 1000 * random(),
);
// Tiles without noise are kept by gzip, among others.
reals.fill(5, 1000, 3000);
const unsigned = Uint16Array.from({ length: 90 * 200 }, () => 65_535 * random());
const file = encodeFits(
  [
    { header: new Header(), image: { data: reals, shape: [90, 200] } },
    { header: new Header(), image: { data: unsigned, shape: [2, 45, 200] } },
    { header: new Header(), image: { data: Float64Array.from(reals), shape: [90, 200] } },
  ],
  { checksum: true },
);

async function packed(options: Parameters<typeof packFits>[1]): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(packFits(await openFits(bytesSource(file)), options)));
}

test.each<[TileCompression]>([
  [{}],
  [{ dither: "SUBTRACTIVE_DITHER_1", tile: [7, 30] }],
  [{ dither: "NO_DITHER", level: 16 }],
  [{ seed: 77, step: 0.5 }],
  [{ algorithm: "GZIP_2" }],
  [{ algorithm: "GZIP_1", level: 8 }],
])("several threads write the bytes that one writes: %j", async (compression) => {
  const alone = await packed({ compression });
  expect((await packed({ compression, workers })).equals(alone)).toBe(true);
});

test("a number of threads is opened, and one that is none refused", async () => {
  expect((await packed({ workers: 2 })).equals(await packed({}))).toBe(true);
  await expect(packed({ workers: 0 })).rejects.toMatchObject({ code: "WORKER_COUNT" });
});

describe("beside an image that is quantised", () => {
  const shape = [90, 200];
  // Small ones beside large noise: in steps of it some would be below 0.
  const variance = Float32Array.from({ length: 90 * 200 }, (_, i) => (i % 3 === 0 ? 1e-3 : 1000 * random()));
  const flags = Int32Array.from({ length: 90 * 200 }, () => 2 ** 32 * random() - 2 ** 31);
  const image = { data: reals, shape };
  const plain = [
    { header: new Header(), image },
    { header: Header.from({ EXTNAME: "MASK" }), image: { data: flags, shape } },
  ];
  const frame = encodeFits([
    ...plain,
    { header: Header.from({ EXTNAME: "Variance" }), image: { data: variance, shape } },
    { header: Header.from({ EXTNAME: "VARIANCE2" }), image },
  ]);
  // Not toEqual: it would spell out every pixel of what failed.
  const bytesOf = ({ data }: NdArray) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const pack = async (bytes: Uint8Array, compression: TileCompression | CompressionPreset) =>
    Buffer.concat(await Array.fromAsync(packFits(await openFits(bytesSource(bytes)), { compression })));

  test.each<[TileCompression | CompressionPreset]>([
    ["fpack"],
    ["dkist"],
    [{}],
    [{ level: 2, tile: [9, 20], seed: 5 }],
    [{ algorithm: "GZIP_1", step: 10 }],
  ])("VARIANCE and MASK keep every bit, and nothing else changes: %j", async (compression) => {
    const packedFrame = await pack(frame, compression);
    const { hdu } = await openFits(bytesSource(packedFrame));
    const read = async (name: string) => bytesOf(await readImage(bytesSource(packedFrame), name));
    expect((await read("Variance")).equals(bytesOf({ data: variance, shape }))).toBe(true);
    expect((await read("MASK")).equals(bytesOf({ data: flags, shape }))).toBe(true);
    const table = hdu("Variance").tiles?.header;
    // Never ZQUANTIZ NONE, which cfitsio does not forget at the next image.
    expect([table?.get("ZCMPTYPE"), table?.get("ZQUANTIZ"), table?.get("TTYPE2")]).toEqual([
      "RICE_1",
      "NO_DITHER",
      "GZIP_COMPRESSED_DATA",
    ]);
    const file = await openFits(bytesSource(frame));
    const shared = Buffer.concat(await Array.fromAsync(packFits(file, { compression, workers: 2 })));
    expect(shared.equals(packedFrame)).toBe(true);
    const start = packedFrame.subarray(0, hdu("Variance").headerOffset);
    expect(start.equals(await pack(encodeFits(plain), compression))).toBe(true);
    expect((await read("VARIANCE2")).equals(bytesOf(image))).toBe(false);
  });
});

test("the signal ends it", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(packed({ workers, signal })).rejects.toThrow("enough");
});
