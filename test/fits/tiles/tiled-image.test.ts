import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../../src/core/byte-source.ts";
import {
  encodeHeader,
  Header,
  type HeaderRecord,
  openFits,
  readFrame,
  readImage,
  readSection,
} from "../../../src/fits/index.ts";
import { readStoredPixels } from "../../../src/fits/read-image.ts";
import { imageHeader } from "../../../src/fits/tiles/image-header.ts";

const lines = (header: Header) => header.cards.map((card) => card.image.trimEnd());

/** The table of a compressed image as fpack lays its cards. */
const table = (cards: HeaderRecord = {}): HeaderRecord => ({
  XTENSION: "BINTABLE",
  BITPIX: 8,
  NAXIS: 2,
  NAXIS1: 8,
  NAXIS2: 2,
  PCOUNT: 4,
  GCOUNT: 1,
  TFIELDS: 1,
  TTYPE1: "COMPRESSED_DATA",
  TFORM1: "1PB(2)",
  ZIMAGE: true,
  ZCMPTYPE: "NOCOMPRESS",
  ZBITPIX: 8,
  ZNAXIS: 2,
  ZNAXIS1: 2,
  ZNAXIS2: 2,
  ...cards,
});

const rows = [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2];

function fileOf(cards: HeaderRecord, data: readonly number[] = [...rows, 1, 2, 3, 4]) {
  const primary = encodeHeader(Header.from({ SIMPLE: true, BITPIX: 8, NAXIS: 0, EXTEND: true }).cards);
  const block = Buffer.alloc(Math.ceil(data.length / 2880) * 2880);
  block.set(data);
  return bytesSource(Buffer.concat([primary, encodeHeader(Header.from(cards).cards), block]), "a.fits.fz");
}

describe("the header", () => {
  test("a compressed image has the header of the image, in place and byte for byte", () => {
    const header = Header.from({
      ...table(),
      ZNAME1: "BLOCKSIZE",
      ZVAL1: 32,
      ZSIMPLE: [true, "file does conform"],
      OBJECT: ["Sun", "what was looked at"],
      TTYPE2: "of no column",
      ZEXTEND: [true, "there may be more"],
      ZPOS: 3,
      EXTNAME: "COMPRESSED_IMAGE",
      ZHECKSUM: "abc",
      ZDATASUM: "12",
      CHECKSUM: "of the table",
      HISTORY: "taken",
      ZTILE1: 2,
    });
    expect(lines(imageHeader(header))).toEqual([
      "SIMPLE  =                    T / file does conform",
      "BITPIX  =                    8",
      "NAXIS   =                    2",
      "NAXIS1  =                    2",
      "NAXIS2  =                    2",
      "OBJECT  = 'Sun     '           / what was looked at",
      "TTYPE2  = 'of no column'",
      "EXTEND  =                    T / there may be more",
      "ZPOS    =                    3",
      "CHECKSUM= 'abc     '",
      "DATASUM = '12      '",
      "HISTORY taken",
    ]);
  });

  test("an image that was no primary is an IMAGE extension with its own name", () => {
    const header = Header.from({ ...table(), EXTNAME: "FLAT", ZPCOUNT: 0, ZGCOUNT: 1 });
    expect(lines(imageHeader(header)).map((line) => line.slice(0, 30).replace(/ +/g, " ").trimEnd())).toEqual([
      "XTENSION= 'IMAGE '",
      "BITPIX = 8",
      "NAXIS = 2",
      "NAXIS1 = 2",
      "NAXIS2 = 2",
      "PCOUNT = 0",
      "GCOUNT = 1",
      "EXTNAME = 'FLAT '",
    ]);
  });

  test("ZBLANK is BLANK where pixels are integers, and belongs to the table where they are reals", () => {
    expect(imageHeader(Header.from(table({ ZBITPIX: 16, ZBLANK: -99 }))).get("BLANK")).toBe(-99);
    expect(imageHeader(Header.from(table({ ZBITPIX: 16, ZBLANK: -99, BLANK: 0 }))).get("BLANK")).toBe(-99);
    const real = imageHeader(Header.from(table({ ZBITPIX: -32, ZBLANK: -99 })));
    expect([real.has("BLANK"), real.has("ZBLANK")]).toEqual([false, false]);
  });

  test("and name, shape and frame are those of the image", async () => {
    const source = fileOf(table({ EXTNAME: "COMPRESSED_IMAGE" }));
    const { hdus, hdu } = await openFits(source);
    expect(hdus[1]).toMatchObject({ type: "image", name: undefined, bitpix: 8, shape: [2, 2], dataSizeBytes: 20 });
    expect(hdu("compressed_image").index).toBe(1);
    const { header, image } = await readFrame(source);
    expect(header.get("XTENSION")).toBe("IMAGE");
    expect(image).toEqual({ data: Uint8Array.of(1, 2, 3, 4), shape: [2, 2] });
  });
});

describe("tiles", () => {
  /** A table of two bytes per pixel in one heap, one row for each tile. */
  const tiled = (
    axes: readonly number[],
    tile: readonly number[],
    pixels: readonly number[][],
  ): ReturnType<typeof fileOf> => {
    const descriptors: number[] = [];
    let at = 0;
    for (const each of pixels) {
      descriptors.push(0, 0, 0, each.length, 0, 0, at >> 8, at & 255);
      at += each.length;
    }
    const cards = table({ NAXIS2: pixels.length, PCOUNT: at, ZNAXIS: axes.length });
    const lengths = axes.flatMap((length, axis) => [
      [`ZNAXIS${axis + 1}`, length] as const,
      ...(tile[axis] === undefined ? [] : [[`ZTILE${axis + 1}`, tile[axis]] as const]),
    ]);
    return fileOf({ ...cards, ...Object.fromEntries(lengths) }, [...descriptors, ...pixels.flat()]);
  };
  const shown = async (source: ReturnType<typeof fileOf>) => Array.from((await readImage(source)).data, Number);

  test("are rows where nothing else is said", async () => {
    expect(
      await shown(
        tiled(
          [3, 2],
          [],
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
        ),
      ),
    ).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("lie side by side, the last ones shorter", async () => {
    expect(await shown(tiled([3, 3], [2, 2], [[1, 2, 4, 5], [3, 6], [7, 8], [9]]))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  });

  test("may be whole rows, planes, or columns through a cube", async () => {
    const cube = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(
      await shown(
        tiled(
          [2, 2, 2],
          [2, 2],
          [
            [1, 2, 3, 4],
            [5, 6, 7, 8],
          ],
        ),
      ),
    ).toEqual(cube);
    expect(await shown(tiled([2, 2, 2], [2, 9, 9], [cube]))).toEqual(cube);
    expect(
      await shown(
        tiled(
          [2, 2, 2],
          [1, 1, 2],
          [
            [1, 5],
            [2, 6],
            [3, 7],
            [4, 8],
          ],
        ),
      ),
    ).toEqual(cube);
    expect(
      await shown(
        tiled(
          [2, 2, 2],
          [2, 1, 2],
          [
            [1, 2, 5, 6],
            [3, 4, 7, 8],
          ],
        ),
      ),
    ).toEqual(cube);
  });

  test("are found through 64-bit descriptors and a heap behind a gap", async () => {
    const wide = (value: number) => [0, 0, 0, 0, 0, 0, 0, value];
    const cards = table({ NAXIS1: 16, PCOUNT: 12, TFORM1: "1QB(2)", THEAP: 40 });
    const data = [...wide(2), ...wide(2), ...wide(2), ...wide(0), 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 1, 2];
    expect(await shown(fileOf(cards, data))).toEqual([1, 2, 3, 4]);
  });
});

describe("what the file cannot hold is refused before it is allocated", () => {
  const place = { file: "a.fits.fz", hdu: 1 };
  test.each<[what: string, problem: RegExp, cards: HeaderRecord]>([
    ["an image without an algorithm", /ZCMPTYPE/, { ZCMPTYPE: 3 }],
    [
      "axes that make more tiles than there are rows",
      /make 2147483648 tiles; the table has 2 rows/,
      { ZNAXIS2: 2 ** 31 },
    ],
    ["a tile of no pixels", /ZTILE1 is 0/, { ZTILE1: 0 }],
    ["pixels by far too many", /promises 8589934592 bytes of pixels/, { ZNAXIS1: 2 ** 32 }],
    ["axes beyond all numbers", /make 4503599627370496 tiles/, { ZNAXIS1: 2 ** 52, ZNAXIS2: 2 ** 52 }],
    ["a negative axis", /ZNAXIS1 is -1/, { ZNAXIS1: -1 }],
    ["a BITPIX that is none", /ZBITPIX is 12/, { ZBITPIX: 12 }],
  ])("%s", async (_, problem, cards) => {
    await expect(openFits(fileOf(table(cards)))).rejects.toThrow(
      expect.objectContaining({
        code: "FITS_INVALID",
        message: expect.stringMatching(problem),
        fields: { ...place, offset: 2880 },
      }),
    );
  });

  test.each<[what: string, problem: RegExp, cards: HeaderRecord, data?: readonly number[]]>([
    ["tiles with too few bytes", /tile 1 of 2: 2 bytes cannot hold 1000 pixels/, { ZNAXIS1: 1000 }],
    [
      "Rice codes with too few bytes",
      /2 bytes cannot hold 2 pixels; 5 are the least/,
      { ZCMPTYPE: "RICE_1", ZBITPIX: 32 },
    ],
    ["bytes outside of the heap", /tile 1 of 2: its bytes would lie outside/, {}, [0, 0, 0, 2, 0, 0, 9, 0]],
    ["a negative length", /tile 1 of 2: its bytes would lie outside/, {}, [255, 255, 255, 255, 0, 0, 0, 0]],
    [
      "a tile without bytes",
      /tile 2 of 2: the row of the table has no bytes/,
      {},
      [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0],
    ],
    ["pixels wider than the image's", /tile 1 of 2: the pixel value 258 in an image of BITPIX 8/, { ZNAXIS1: 1 }],
    ["no column of tiles", /no column COMPRESSED_DATA/, { TTYPE1: "SOMETHING" }],
    ["a column that is none", /TFORM1 is "1Z"/, { TFORM1: "1Z" }],
    ["columns wider than a row", /the columns fill 16 bytes/, { TFORM1: "1QB" }],
    ["tiles that are no arrays", /holds no variable-length arrays/, { TFORM1: "8B" }],
    ["a heap before the end of the rows", /THEAP is 3/, { THEAP: 3 }],
    ["bytes that are no gzip", /cannot be unpacked/, { ZCMPTYPE: "GZIP_1" }],
    ["a line list without its header", /2 bytes cannot hold 2 pixels; 14 are the least/, { ZCMPTYPE: "PLIO_1" }],
    ["an H-transform without its header", /26 are the least/, { ZCMPTYPE: "HCOMPRESS_1" }],
    ["an unknown size of Rice pixels", /BYTEPIX of RICE_1 is 3/, { ZCMPTYPE: "RICE_1", ZNAME1: "BYTEPIX", ZVAL1: 3 }],
  ])("%s", async (_, problem, cards, data = []) => {
    const source = fileOf(
      table(cards),
      data.length === 0 ? undefined : [...data, ...rows.slice(data.length), 1, 2, 3, 4],
    );
    await expect(readImage(source)).rejects.toThrow(
      expect.objectContaining({
        code: "FITS_INVALID",
        message: expect.stringMatching(problem),
        fields: expect.objectContaining({ ...place, offset: expect.any(Number) }),
      }),
    );
  });

  test("an algorithm that nobody knows is named beside those that are", async () => {
    await expect(readImage(fileOf(table({ ZCMPTYPE: "BZIP2_1" })))).rejects.toThrow(
      expect.objectContaining({
        code: "FITS_UNSUPPORTED",
        message: expect.stringContaining("BZIP2_1; RICE_1, GZIP_1"),
      }),
    );
  });

  describe("a mask of undefined pixels", () => {
    // Of the second tile alone: a descriptor of no bytes is of a tile in which all pixels are defined.
    const fileWith = (algorithm: string, mask: readonly number[], cards: HeaderRecord = {}) => {
      const first = [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
      const second = [0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, mask.length, 0, 0, 0, 4];
      const own = { NAXIS1: 16, PCOUNT: 4 + mask.length, TFIELDS: 2, TTYPE2: "NULL_PIXEL_MASK", TFORM2: "1PB" };
      const named = algorithm === "" ? {} : { ZMASKCMP: algorithm };
      return fileOf(table({ ...own, ...named, ...cards }), [...first, ...second, 1, 2, 3, 4, ...mask]);
    };
    const shuffled = [...gzipSync(Uint8Array.of(0, 0, 0, 1))];

    test.each([
      ["NOCOMPRESS", [0, 1]],
      ["NOCOMPRESS", [0, 0, 0, 0, 0, 0, 0, 1]],
      ["GZIP_1", [...gzipSync(Uint8Array.of(0, 1))]],
      ["GZIP_1", [...gzipSync(Uint8Array.of(0, 0, 0, 1))]],
      ["GZIP_2", shuffled],
      // The first pixel as it is, then a block of one difference of 2, which is +1, in no low bits.
      ["RICE_1", [0, 0b001_1_001_0]],
      // Seven words of header, one pixel of 0, one of 1.
      ["PLIO_1", [0, 0, 0, 7, 0xff, 0x9c, 0, 9, 0, 0, 0, 0, 0, 0, 0x00, 1, 0x40, 1]],
    ])("is read where it is compressed with %s: %j", async (algorithm, mask) => {
      const file = fileWith(algorithm, mask);
      const nan = Number.NaN;
      expect((await readImage(file)).data).toEqual(Float32Array.of(1, 2, 3, nan));
      const box = await readSection(file, [
        { start: 1, stop: 2 },
        { start: 0, stop: 2 },
      ]);
      expect(box.data).toEqual(Float32Array.of(3, nan));
      const blank = fileWith(algorithm, mask, { ZBLANK: 9 });
      const { hdus } = await openFits(blank);
      expect((await readStoredPixels(blank, hdus[1]!)).data).toEqual(Uint8Array.of(1, 2, 3, 9));
    });

    test("makes reals NaN, and without one they are what they are", async () => {
      const real = { ZBITPIX: -32, ZNAXIS1: 1, ZNAXIS2: 2 };
      const bytes = [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0];
      const own = {
        NAXIS1: 16,
        PCOUNT: 9,
        TFIELDS: 2,
        TTYPE2: "NULL_PIXEL_MASK",
        TFORM2: "1PB",
        ZMASKCMP: "NOCOMPRESS",
      };
      const file = fileOf(table({ ...own, ...real }), [...bytes, 0x3f, 0x80, 0, 0, 0x40, 0, 0, 0, 1]);
      expect((await readImage(file)).data).toEqual(Float32Array.of(Number.NaN, 2));
      expect((await readImage(fileOf(table({ ZMASKCMP: "HCOMPRESS_1" })))).data).toEqual(Uint8Array.of(1, 2, 3, 4));
    });

    test.each([
      ["HCOMPRESS_1", [0, 1], "FITS_UNSUPPORTED", /compressed with HCOMPRESS_1 \(ZMASKCMP\)/],
      ["", [0, 1], "FITS_INVALID", /no ZMASKCMP says/],
      ["NOCOMPRESS", [0, 2], "FITS_INVALID", /its mask holds 2 at pixel 2/],
      ["NOCOMPRESS", [0, 1, 1], "FITS_INVALID", /a mask of 3 bytes for 2 pixels/],
      ["NOCOMPRESS", [1, 0, 0, 1], "FITS_INVALID", /its mask holds 2 at pixel 1/],
      ["GZIP_1", [1], "FITS_INVALID", /cannot be unpacked/],
      ["RICE_1", [0], "FITS_INVALID", /cannot hold 2 pixels/],
      ["PLIO_1", [0, 0, 0, 7], "FITS_INVALID", /cannot hold 2 pixels/],
      [
        "PLIO_1",
        [0, 0, 0, 7, 0xff, 0x9c, 0, 8, 0, 0, 0, 0, 0, 0, 0x60, 1],
        "FITS_INVALID",
        /its mask holds 2 at pixel 1/,
      ],
    ])("that is none is refused: %s %j", async (algorithm, mask, code, message) => {
      const refused = expect.objectContaining({ code, message: expect.stringMatching(message) });
      await expect(readImage(fileWith(algorithm, mask))).rejects.toThrow(refused);
    });
  });

  test("undefined pixels of a column ZBLANK are NaN, tile by tile", async () => {
    const cards = table({ NAXIS1: 9, TFIELDS: 2, TTYPE2: "ZBLANK", TFORM2: "B" });
    const descriptors = [0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 4];
    const { data } = await readImage(fileOf(cards, [...descriptors, 1, 2, 1, 4]));
    expect(data).toEqual(Float32Array.of(Number.NaN, 2, 1, Number.NaN));
  });

  test("a heap whose bytes all tiles share is refused", async () => {
    const count = 100;
    const descriptors = Array.from({ length: count }, () => [0, 0, 0, 200, 0, 0, 0, 0]).flat();
    const cards = table({ NAXIS2: count, PCOUNT: 200, ZNAXIS1: 2, ZNAXIS2: count });
    await expect(readImage(fileOf(cards, [...descriptors, ...new Array<number>(200).fill(0)]))).rejects.toThrow(
      "many tiles share the same bytes",
    );
  });
});
