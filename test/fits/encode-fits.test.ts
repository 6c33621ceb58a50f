import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/byte-source.ts";
import type { NdArray, PixelArray } from "../../src/core/ndarray.ts";
import { real } from "../../src/core/scalar.ts";
import { Card, encodeFits, Header, openFits, readHeader, readImage, verifyChecksums } from "../../src/fits/index.ts";
import { readCase } from "./cases.ts";

const keywordsOf = (header: Header) => header.cards.map((card) => card.keyword);
const pixel: NdArray = { data: Uint16Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };
const primary = (header: Header, image?: NdArray, checksum = false) =>
  readHeader(bytesSource(encodeFits([{ header, image }], { checksum })));

describe("the header that is written", () => {
  test("starts with the mandatory cards in fixed format, whatever order and values it came with", async () => {
    const header = Header.from({
      OBJECT: "Sun",
      NAXIS1: 9,
      NAXIS: 1,
      NAXIS7: 4,
      BITPIX: -64,
      XTENSION: "BINTABLE",
      PCOUNT: 3,
    });
    const written = await primary(header, pixel);
    expect(written.cards.slice(0, 7).map((card) => card.image.slice(0, 30))).toEqual([
      "SIMPLE  =                    T",
      "BITPIX  =                   16",
      "NAXIS   =                    2",
      "NAXIS1  =                    3",
      "NAXIS2  =                    2",
      "BSCALE  =                    1",
      "BZERO   =                32768",
    ]);
    expect(keywordsOf(written).slice(7)).toEqual(["OBJECT"]);
  });

  test("keeps mandatory cards that are right byte for byte, and the comment of those that change", async () => {
    const lines = [
      "SIMPLE  =                    T / of course",
      "BITPIX  =                    8 / bits",
      "NAXIS   = 2 / free format",
    ];
    const written = await primary(new Header(lines.map((line) => Card.parse(line.padEnd(80)))), pixel);
    expect(written.cards.slice(0, 3).map((card) => card.image.trimEnd())).toEqual([
      "SIMPLE  =                    T / of course",
      "BITPIX  =                   16 / bits",
      "NAXIS   =                    2 / free format",
    ]);
  });

  test("drops the scaling of the file that the pixels came from", async () => {
    const { source } = await readCase("i16_scaled_blank");
    const header = await readHeader(source);
    expect([header.has("BSCALE"), header.has("BLANK")]).toEqual([true, true]);
    const written = await primary(header, await readImage(source));
    expect([written.get("BITPIX"), written.has("BSCALE"), written.has("BZERO"), written.has("BLANK")]).toEqual([
      -32,
      false,
      false,
      false,
    ]);
  });

  test("renews checksum cards in their place, and takes them out when none are asked for", async () => {
    const header = new Header([
      Card.of("A", 1),
      Card.of("CHECKSUM", "stale", "mine"),
      Card.of("B", 2),
      Card.of("DATASUM", "1"),
      Card.of("C", 3),
    ]);
    const signed = await primary(header, pixel, true);
    expect(keywordsOf(signed).slice(-5)).toEqual(["A", "CHECKSUM", "B", "DATASUM", "C"]);
    expect(signed.card("CHECKSUM")?.comment).toBe("mine");
    expect(keywordsOf(await primary(header, pixel)).slice(-3)).toEqual(["A", "B", "C"]);
  });

  test("announces extensions, and extensions have their own mandatory cards", async () => {
    const bytes = encodeFits([
      { header: Header.from({ A: 1 }) },
      { header: Header.from({ EXTEND: true, EXTNAME: "X" }), image: pixel },
    ]);
    const { hdus } = await openFits(bytesSource(bytes));
    expect(keywordsOf(hdus[0]!.header)).toEqual(["SIMPLE", "BITPIX", "NAXIS", "EXTEND", "A"]);
    expect(keywordsOf(hdus[1]!.header)).toEqual([
      "XTENSION",
      "BITPIX",
      "NAXIS",
      "NAXIS1",
      "NAXIS2",
      "PCOUNT",
      "GCOUNT",
      "BSCALE",
      "BZERO",
      "EXTNAME",
    ]);
  });

  test("says that long strings go on, once", async () => {
    const long = Header.from({ LONG: "x".repeat(200) });
    const once = await primary(long);
    expect(keywordsOf(once)).toEqual(["SIMPLE", "BITPIX", "NAXIS", "LONGSTRN", "LONG"]);
    expect(keywordsOf(await primary(once))).toEqual(keywordsOf(once));
  });

  test("is not the header that was given: that one stays as it is", () => {
    const header = Header.from({ EXPTIME: real(1) });
    encodeFits([{ header, image: pixel }], { checksum: true });
    expect(keywordsOf(header)).toEqual(["EXPTIME"]);
  });
});

describe("what does not fit", () => {
  test.each<[string, NdArray]>([
    ["too many elements", { data: new Uint8Array(7), shape: [2, 3] }],
    ["a fractional axis", { data: new Uint8Array(3), shape: [1.5, 2] }],
    ["a negative axis", { data: new Uint8Array(6), shape: [-2, -3] }],
    ["no axes", { data: new Uint8Array(1), shape: [] }],
    ["another typed array", { data: new Uint8ClampedArray(1) as unknown as Uint8Array, shape: [1] }],
  ])("%s is refused", (_, image) => {
    expect(() => encodeFits([{ header: new Header(), image }])).toThrow(
      expect.objectContaining({ code: "FITS_SHAPE", disposition: "invalid" }),
    );
  });

  test.each(["BINTABLE", "TABLE", "A3DTABLE", "FOREIGN"])("a %s header without an image is refused by name", (type) => {
    const table = Header.from({ XTENSION: type, EXTNAME: "EVENTS", TFORM1: "1J" });
    expect(() => encodeFits([{ header: new Header() }, { header: table }])).toThrow(
      expect.objectContaining({
        code: "FITS_UNSUPPORTED",
        message: expect.stringContaining(`HDU 1 (EVENTS) is of the type ${type}`),
      }),
    );
  });

  test("random groups without an image are refused", () => {
    expect(() => encodeFits([{ header: Header.from({ NAXIS: 2, NAXIS1: 0, GROUPS: true }) }])).toThrow(
      expect.objectContaining({ code: "FITS_UNSUPPORTED", message: expect.stringContaining("HDU 0") }),
    );
  });

  test("no HDU at all is refused", () => {
    expect(() => encodeFits([])).toThrow("at least one HDU");
  });
});

test("every type and shape is read back bit for bit, and its checksums fit", async () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });
  const types = [
    Uint8Array,
    Int8Array,
    Uint16Array,
    Int16Array,
    Uint32Array,
    Int32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ];
  await fc.assert(
    fc.asyncProperty(
      shapes,
      fc.constantFrom(...types),
      fc.infiniteStream(fc.nat(255)),
      fc.boolean(),
      async (shape, type, random, checksum) => {
        const count = shape.reduce((product, axis) => product * axis, 1);
        const bytes = Uint8Array.from(random.take(count * type.BYTES_PER_ELEMENT));
        const image = { data: new type(bytes.buffer) as PixelArray, shape };
        const source = bytesSource(
          encodeFits([{ header: new Header() }, { header: Header.from({ A: "b" }), image }], { checksum }),
        );
        const again = await readImage(source, undefined, { checksum: true });
        expect(source.sizeBytes % 2880).toBe(0);
        expect(again.shape).toEqual(shape);
        expect(again.data.constructor).toBe(type);
        expect(Buffer.from(again.data.buffer, again.data.byteOffset, again.data.byteLength).equals(bytes)).toBe(true);
        const verdict = checksum ? "ok" : "absent";
        expect((await verifyChecksums(source)).map((hdu) => [hdu.datasum, hdu.checksum])).toEqual([
          [verdict, verdict],
          [verdict, verdict],
        ]);
      },
    ),
    { numRuns: 500, seed: 6 },
  );
});

test("an image and columns in one HDU are refused: one of them would be lost", () => {
  const image = { data: Float32Array.of(1), shape: [1] };
  const columns = [{ name: "A", type: "text", data: ["a"] }] as const;
  for (const content of [
    { image, columns },
    { image, data: new Uint8Array() },
    { columns, data: new Uint8Array() },
  ]) {
    expect(() => encodeFits([{ header: new Header(), ...content }])).toThrow(
      expect.objectContaining({ code: "FITS_SHAPE", message: expect.stringContaining("an HDU holds one of them") }),
    );
  }
});
