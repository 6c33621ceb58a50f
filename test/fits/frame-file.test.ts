import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/byte-source.ts";
import {
  encodeFits,
  encodeFrame,
  type Frame,
  Header,
  openFits,
  readFrame,
  verifyChecksums,
} from "../../src/fits/index.ts";

const shape = [2, 3];
const frame = (): Frame => ({
  header: Header.from({ OBJECT: "Sun", BUNIT: "adu/s" }),
  image: { data: Float32Array.of(1, 2, Number.NaN, 4, 5, 6), shape },
  mask: { data: Uint32Array.of(0, 1, 2 ** 31, 2 ** 32 - 1, 0, 4), shape },
  variance: { data: Float64Array.of(1, 1, 2, 3, 5, 8), shape },
});
const source = (bytes: Uint8Array) => bytesSource(bytes, "frame.fits");
const image = (data: Frame["image"]["data"]) => ({ data, shape: [data.length] });

describe("a frame", () => {
  test("comes back with header, image, mask and variance, its checksums written", async () => {
    const bytes = encodeFrame(frame());
    const again = await readFrame(source(bytes), { checksum: true });
    expect([again.image, again.mask, again.variance]).toEqual([frame().image, frame().mask, frame().variance]);
    expect(again.header.get("OBJECT")).toBe("Sun");
    expect((await verifyChecksums(source(bytes))).map((hdu) => [hdu.name, hdu.datasum, hdu.checksum])).toEqual([
      [undefined, "ok", "ok"],
      ["MASK", "ok", "ok"],
      ["VARIANCE", "ok", "ok"],
    ]);
    expect((await openFits(source(bytes))).hdu("VARIANCE").header.get("BUNIT")).toBe("(adu/s)**2");
  });

  test("without mask and variance is one HDU", async () => {
    const { header, image } = frame();
    const bytes = encodeFrame({ header, image }, { checksum: false });
    expect(await verifyChecksums(source(bytes))).toEqual([
      { hdu: 0, name: undefined, datasum: "absent", checksum: "absent" },
    ]);
    expect(Object.keys(await readFrame(source(bytes)))).toEqual(["header", "image"]);
  });

  test("is the first HDU with an image, where the primary has none and a mask comes first", async () => {
    const bytes = encodeFits([
      { header: new Header() },
      { header: Header.from({ EXTNAME: "mask" }), image: image(Uint8Array.of(1, 0)) },
      { header: Header.from({ EXTNAME: "SCI", EXPTIME: 2.5 }), image: image(Int16Array.of(-1, 1)) },
    ]);
    const read = await readFrame(source(bytes));
    expect([read.header.number("EXPTIME"), read.image.data, read.mask?.data]).toEqual([
      2.5,
      Int16Array.of(-1, 1),
      Uint32Array.of(1, 0),
    ]);
  });

  test("whose image is itself called as a companion is never taken for one", async () => {
    for (const name of ["VARIANCE", "mask"]) {
      const header = Header.from({ EXTNAME: name });
      const plain = { header, image: frame().image };
      const alone = await readFrame(source(encodeFrame(plain, { compression: "lossless" })));
      expect(Object.keys(alone)).toEqual(["header", "image"]);
      const all = await readFrame(source(encodeFrame({ ...frame(), header }, { compression: "lossless" })));
      expect([all.image, all.mask, all.variance]).toEqual([frame().image, frame().mask, frame().variance]);
      const extensions = [{ header: Header.from({ EXTNAME: "SCI" }), image: frame().image }];
      expect(() => encodeFrame(plain, { compression: "lossless", extensions })).toThrow(
        expect.objectContaining({ code: "FITS_UNSUPPORTED" }),
      );
      expect((await readFrame(source(encodeFrame(plain, { extensions })))).header.get("EXTNAME")).toBe(name);
    }
  });

  test("has the cards of its own HDU alone, not those of an empty primary", async () => {
    const own = Header.from({ EXTNAME: "SCI", INHERIT: true });
    const bytes = encodeFits([{ header: Header.from({ OBJECT: "Sun" }) }, { header: own, image: frame().image }]);
    const { header } = await readFrame(source(bytes));
    expect([header.get("EXTNAME"), header.get("OBJECT")]).toEqual(["SCI", undefined]);
  });

  test("is written the same byte for byte after it was read", async () => {
    const bytes = encodeFrame(frame());
    expect(Buffer.from(encodeFrame(await readFrame(source(bytes)))).equals(bytes)).toBe(true);
  });

  test("whose mask or variance has another shape is refused, writing and reading", async () => {
    expect(() => encodeFrame({ ...frame(), variance: { data: new Float32Array(6), shape: [3, 2] } })).toThrow(
      "The variance has the shape [3, 2], the image [2, 3].",
    );
    const bytes = encodeFits([
      { header: new Header(), image: image(Int16Array.of(1, 2)) },
      { header: Header.from({ EXTNAME: "MASK" }), image: image(Uint32Array.of(1)) },
    ]);
    await expect(readFrame(source(bytes))).rejects.toThrow(
      expect.objectContaining({ code: "FITS_INVALID", fields: { file: "frame.fits", hdu: 1 } }),
    );
  });

  test("whose mask is not made of flags is refused", async () => {
    const bytes = encodeFits([
      { header: new Header(), image: image(Int16Array.of(1, 2)) },
      { header: Header.from({ EXTNAME: "MASK" }), image: image(Float32Array.of(1, 0)) },
    ]);
    await expect(readFrame(source(bytes))).rejects.toThrow("a mask holds integers");
  });
});

test("a variance loses nothing, whatever the settings of the image", async () => {
  const data = Float32Array.from({ length: 10_000 }, (_, i) => (i % 3 ? 4 + Math.sin(i * i) : 0));
  const shape = [100, 100];
  const wide = { header: new Header(), image: { data: data.map((x) => x * 100), shape }, variance: { data, shape } };
  for (const compression of ["fpack", "dkist", { algorithm: "RICE_1", tile: [10, 10] }] as const) {
    const file = await openFits(source(encodeFrame(wide, { compression })));
    expect((await readFrame(file.source)).variance?.data).toEqual(data);
    expect(file.hdus.map(({ tiles }) => tiles?.algorithm)).toEqual([undefined, "RICE_1", "RICE_1"]);
    expect(file.hdus.at(-1)?.tiles?.header.get("ZQUANTIZ")).toBe("NO_DITHER");
  }
  for (const compression of ["lossless", { algorithm: "GZIP_1", tile: [10, 10] }] as const) {
    const file = await openFits(source(encodeFrame(wide, { compression })));
    expect((await readFrame(file.source)).variance?.data).toEqual(data);
    const tables = file.hdus.slice(1).map(({ tiles }) => tiles?.header);
    expect(tables.map((header) => header?.get("ZQUANTIZ"))).toEqual(["NONE", "NONE"]);
    expect(tables[1]?.get("ZCMPTYPE")).toBe(tables[0]?.get("ZCMPTYPE"));
  }
});

test.each<[tile: number[], becomes: number[]]>([
  [
    [7, 20],
    [7, 20],
  ],
  [
    [7, 13],
    [1, 20],
  ],
  [
    [1, 13],
    [1, 13],
  ],
  [
    [99, 99],
    [30, 20],
  ],
])("tiles of a variance beside levels are of one piece: %j", async (tile, becomes) => {
  const pixels = { data: Float32Array.from({ length: 600 }, (_, i) => Math.sin(i * i)), shape: [30, 20] };
  const frame = { header: new Header(), image: pixels, variance: pixels };
  const file = await openFits(source(encodeFrame(frame, { compression: { tile } })));
  const { header } = file.hdu("VARIANCE").tiles ?? {};
  expect([header?.get("ZTILE2"), header?.get("ZTILE1")]).toEqual(becomes);
  expect((await readFrame(file.source)).variance?.data).toEqual(pixels.data);
});
