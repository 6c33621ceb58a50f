import { describe, expect, test } from "vitest";
import { bytesSource } from "../../../src/core/byte-source.ts";
import { encodeHdu } from "../../../src/fits/encode-fits.ts";
import {
  type CompressionPreset,
  encodeFits,
  encodeFrame,
  Header,
  openFits,
  packFits,
  readFrame,
  readImage,
  readTable,
  type TileCompression,
  unpackFits,
  verifyFits,
} from "../../../src/fits/index.ts";
import { randomFrom } from "../random.ts";

const random = randomFrom(11);
const noise = (length: number) => Float32Array.from({ length }, () => 100 + (random() + random() - 1) * 5);
const reals = { data: noise(600), shape: [20, 30] };
const integers = { data: Uint16Array.from({ length: 600 }, (_, index) => 30_000 + index * 7), shape: [20, 30] };
const cards = { OBJECT: "Sun", DATE: "2026-01-01" };

const tableOf = async (
  compression: TileCompression | CompressionPreset,
  image = reals as typeof reals | typeof integers,
) => {
  const bytes = encodeFits([{ header: Header.from(cards), image }], { compression, checksum: true });
  return readTable(bytesSource(bytes), 1, { checksum: true });
};

describe("a compressed image", () => {
  test("is an extension behind an empty primary, with the header it has uncompressed", async () => {
    const bytes = encodeFits([{ header: Header.from(cards), image: integers }], { compression: {} });
    const { hdus } = await openFits(bytesSource(bytes));
    expect(hdus.map(({ type, shape }) => [type, shape])).toEqual([
      ["image", []],
      ["image", [20, 30]],
    ]);
    const plain = await openFits(bytesSource(encodeFits([{ header: Header.from(cards), image: integers }])));
    expect(hdus[1]!.header.cards.map((card) => card.image)).toEqual(
      plain.hdus[0]!.header.cards.map((card) => card.image),
    );
    expect((await readImage(bytesSource(bytes))).data).toEqual(integers.data);
  });

  test("says in its table how it was made", async () => {
    const { header } = await tableOf({ level: 8, dither: "SUBTRACTIVE_DITHER_1", seed: 77, tile: [5, 10] });
    const said = (...keys: string[]) => keys.map((key) => header.get(key));
    expect(said("ZIMAGE", "ZSIMPLE", "ZBITPIX", "ZNAXIS1", "ZNAXIS2")).toEqual([true, true, -32, 30, 20]);
    expect(said("ZTILE1", "ZTILE2", "ZCMPTYPE", "ZQUANTIZ", "ZDITHER0", "ZBLANK")).toEqual([
      10,
      5,
      "RICE_1",
      "SUBTRACTIVE_DITHER_1",
      77,
      -2147483647,
    ]);
    expect(said("ZNAME1", "ZVAL1", "ZNAME2", "ZVAL2", "EXTNAME")).toEqual([
      "BLOCKSIZE",
      32,
      "BYTEPIX",
      4,
      "COMPRESSED_IMAGE",
    ]);
    expect(header.get("NAXIS2")).toBe(12);
  });

  test("of the DKIST preset has plain steps of a sixteenth of the noise", async () => {
    const [coarse, fine] = [await tableOf({ level: 4 }), await tableOf("dkist")];
    expect(fine.header.get("ZQUANTIZ")).toBe("NO_DITHER");
    expect(fine.header.has("ZDITHER0")).toBe(false);
    const scale = ({ columns }: typeof fine) => columns.find(({ name }) => name === "ZSCALE")!;
    const [c, f] = [scale(coarse), scale(fine)];
    if (c.type !== "number" || f.type !== "number") throw new Error("ZSCALE holds numbers.");
    expect(Number(c.data[3]) / Number(f.data[3])).toBeCloseTo(4, 12);
  });

  test("has the same bytes whenever it is written, as the seed follows from the pixels", () => {
    const write = () => encodeFits([{ header: Header.from(cards), image: reals }], { compression: {} });
    expect(write()).toEqual(write());
  });

  test("keeps reals bit by bit in GZIP_2, infinite and negative zero ones too", async () => {
    const data = Float32Array.of(0, -0, Number.POSITIVE_INFINITY, Number.NaN, 1e-45, -3.5);
    const bytes = encodeFits([{ header: new Header(), image: { data, shape: [2, 3] } }], { compression: "lossless" });
    const back = await readImage(bytesSource(bytes));
    expect(new Uint32Array(back.data.buffer)).toEqual(new Uint32Array(data.buffer));
  });

  test("keeps a tile bit by bit where no steps can hold it: flat, or with an infinite pixel", async () => {
    const data = reals.data.slice();
    data.fill(7.25, 0, 30);
    data[40] = Number.POSITIVE_INFINITY;
    const bytes = encodeFits([{ header: new Header(), image: { data, shape: [20, 30] } }], { compression: {} });
    const back = await readImage(bytesSource(bytes));
    expect([...back.data.subarray(0, 60)]).toEqual([...data.subarray(0, 60)]);
    expect([...back.data.subarray(60)]).not.toEqual([...data.subarray(60)]);
  });

  test("of a frame takes mask and variance along, the mask without loss", async () => {
    const mask = {
      data: Uint32Array.from({ length: 600 }, (_, index) => (index % 7 === 0 ? 2 ** 31 : 0)),
      shape: [20, 30],
    };
    const frame = { header: Header.from({ BUNIT: "ct" }), image: reals, mask, variance: reals };
    const back = await readFrame(bytesSource(encodeFrame(frame, { compression: { level: 16 } })), { checksum: true });
    expect(back.mask).toEqual(mask);
    expect(back.header.get("BUNIT")).toBe("ct");
    expect(back.variance!.shape).toEqual([20, 30]);
    for (const [index, pixel] of reals.data.entries())
      expect(Math.abs(Number(back.image.data[index]) - pixel)).toBeLessThan(0.2);
  });
});

describe("settings that are none are refused", () => {
  test.each<[string, TileCompression | string, RegExp]>([
    ["an algorithm", { algorithm: "PLIO_1" as "RICE_1" }, /the algorithm PLIO_1\. Choose RICE_1, GZIP_1, GZIP_2/],
    ["a preset", "best", /the preset best\. Choose dkist, fpack, lossless/],
    ["a level", { level: 0 }, /the level 0\. Give a number above 0/],
    ["a step", { step: Number.NaN }, /the step NaN/],
    ["both", { step: 1, level: 1 }, /both a level and a step/],
    ["a seed", { seed: 10_001 }, /the dither seed 10001.*1 to 10000/],
    ["a dither", { dither: "SOME" as "NO_DITHER" }, /the dither SOME/],
    ["a tile of many axes", { tile: [1, 2, 3] }, /tiles of \[1, 2, 3\] in an image of \[20, 30\]/],
    ["an empty tile", { tile: [0] }, /tiles of \[0\]/],
  ])("%s", (_, compression, message) => {
    const write = () =>
      encodeFits([{ header: new Header(), image: reals }], { compression: compression as TileCompression });
    expect(write).toThrow(
      expect.objectContaining({ code: "FITS_COMPRESSION", message: expect.stringMatching(message) }),
    );
  });

  test("and RICE_1 for integers of 64 bits, which are GZIP_2 by themselves", async () => {
    const image = { data: BigInt64Array.of(-(2n ** 63n), 2n ** 62n + 1n), shape: [2] };
    const write = (compression: TileCompression) => encodeFits([{ header: new Header(), image }], { compression });
    expect(() => write({ algorithm: "RICE_1" })).toThrow(/64 bits.*Choose GZIP_2/);
    expect((await readImage(bytesSource(write({})))).data).toEqual(image.data);
  });
});

describe("packing a file", () => {
  test("keeps scaling and BLANK, copies what is compressed, and is undone by unpacking", async () => {
    const header = Header.from({ EXTNAME: "SCI", BLANK: -1, BSCALE: 0.5, BZERO: 10 });
    const stored = { data: Int16Array.of(-1, 2, 3, 400), shape: [2, 2] };
    const plain = Buffer.concat([
      encodeFits([{ header: Header.from({ EXTEND: true, ...cards }), image: reals }], { checksum: true }),
      encodeHdu({ header, image: stored }, { index: 1, count: 2, checksum: false, stored: true }),
    ]);
    const pack = async (bytes: Uint8Array) =>
      Buffer.concat(await Array.fromAsync(packFits(await openFits(bytesSource(bytes)), { compression: "lossless" })));
    const packed = await pack(plain);
    expect(await pack(packed)).toEqual(packed);
    expect(await verifyFits(bytesSource(packed))).toMatchObject({ problems: [] });
    const back = await openFits(
      bytesSource(Buffer.concat(await Array.fromAsync(unpackFits(await openFits(bytesSource(packed)))))),
    );
    expect((await readImage(back.source, 1, { checksum: true })).data).toEqual(reals.data);
    expect((await readImage(back.source, "SCI")).data).toEqual(Float32Array.of(Number.NaN, 11, 11.5, 210));
    expect(back.hdu("SCI").header.cards.map((card) => card.image)).toEqual(
      (await openFits(bytesSource(plain))).hdu("SCI").header.cards.map((card) => card.image),
    );
  });
});

test("a tile with NaN is kept bit by bit unless NaN may be a level", async () => {
  const data = reals.data.map((value, index) => (index === 95 ? Number.NaN : value));
  const image = { ...reals, data };
  const kept = (value: unknown, row: number): number =>
    (value as { rows: { data: Uint8Array }[] }).rows[row]?.data.length ?? 0;
  for (const [compression, isKept] of [
    [{ level: 4 }, true],
    ["dkist", true],
    ["fpack", false],
    [{ level: 4, nan: "level" }, false],
  ] as const) {
    const { columns } = await tableOf(compression, image);
    const gzip = columns.find(({ name }) => name === "GZIP_COMPRESSED_DATA");
    // Of 20 rows the fourth holds the NaN.
    expect([kept(gzip, 2), kept(gzip, 3) > 0]).toEqual([0, isKept]);
    const read = await readImage(bytesSource(encodeFits([{ header: new Header(), image }], { compression })));
    expect(read.data.findIndex((value) => Number.isNaN(value))).toBe(95);
    if (isKept) expect(read.data.slice(90, 120)).toEqual(data.slice(90, 120));
  }
  expect(() => encodeFits([{ header: new Header(), image }], { compression: { nan: "no" } as never })).toThrow(
    expect.objectContaining({ code: "FITS_COMPRESSION" }),
  );
});

test.each([
  [5, "with 5. Give an object of settings, or choose a preset: dkist, fpack, lossless."],
  [null, "with null. Give an object"],
  [["RICE_1"], "with [ 'RICE_1' ]. Give an object"],
  [{ tile: 4 }, "with tiles of 4. Give a list of whole numbers"],
  [{ level: "4" }, "with the level '4'. Give a number above 0"],
  ["best", "with the preset best. Choose dkist, fpack, lossless."],
])("refuses %j, which is no compression", (compression, message) => {
  const image = { data: new Float32Array(16), shape: [4, 4] };
  expect(() => encodeFits([{ header: new Header(), image }], { compression: compression as never })).toThrow(
    expect.objectContaining({ code: "FITS_COMPRESSION", message: expect.stringContaining(message) }),
  );
});
