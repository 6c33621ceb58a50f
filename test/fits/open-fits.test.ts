import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type ByteSource, bytesSource } from "../../src/core/byte-source.ts";
import { copyHdu } from "../../src/fits/copy-hdu.ts";
import { encodeFits, encodeHeader, Header, openFits, readHeader, readImage, verifyFits } from "../../src/fits/index.ts";
import { readCase } from "./cases.ts";

const image = (count: number) => ({ data: new Float32Array(count).fill(1), shape: [count] });

const threeHdus = () =>
  encodeFits([
    { header: Header.from({ OBJECT: "Sun" }) },
    { header: Header.from({ EXTNAME: "DARK", EXTVER: 1 }), image: image(5000) },
    { header: Header.from({ EXTNAME: "dark", EXTVER: 2 }), image: image(3) },
  ]);

/** A source that remembers which ranges were read. */
function watched(bytes: Uint8Array): { source: ByteSource; reads: [offset: number, sizeBytes: number][] } {
  const reads: [number, number][] = [];
  const inner = bytesSource(bytes, "watched.fits");
  const source: ByteSource = {
    ...inner,
    read(offset, into) {
      reads.push([offset, into.length]);
      return inner.read(offset, into);
    },
  };
  return { source, reads };
}

describe("the HDUs of a file", () => {
  test("are listed with type, name, version and place", async () => {
    const { hdus } = await openFits(bytesSource(threeHdus()));
    expect(
      hdus.map(({ index, type, name, version, shape, dataOffset, dataSizeBytes }) => [
        index,
        type,
        name,
        version,
        shape,
        dataOffset,
        dataSizeBytes,
      ]),
    ).toEqual([
      [0, "image", undefined, 1, [], 2880, 0],
      [1, "image", "DARK", 1, [5000], 5760, 20000],
      [2, "image", "dark", 2, [3], 28800, 12],
    ]);
  });

  test("are found by index, by name, and by name and version", async () => {
    const file = await openFits(bytesSource(threeHdus()));
    expect([file.hdu(2).index, file.hdu("Dark").index, file.hdu(["DARK", 2]).index]).toEqual([2, 1, 2]);
  });

  test("that are not there are named beside those that are", async () => {
    const source = bytesSource(threeHdus(), "a.fits");
    const problem = {
      code: "FITS_NO_HDU",
      message: "a.fits: there is no HDU FLAT; the file has 0 (image, no image); 1 DARK (image); 2 dark (image).",
    };
    const file = await openFits(source);
    expect(() => file.hdu("FLAT")).toThrow(expect.objectContaining(problem));
    await expect(readHeader(source, "FLAT")).rejects.toThrow(expect.objectContaining(problem));
    await expect(readImage(bytesSource(encodeFits([{ header: new Header() }])))).rejects.toThrow(
      "no HDU holds an image",
    );
  });

  test("of compressed images are listed as the images that they hold", async () => {
    const { source } = await readCase("rice_i16_smooth");
    const { hdus } = await openFits(source);
    expect(hdus.map(({ type, bitpix, shape }) => [type, bitpix, shape])).toEqual([
      ["image", 8, []],
      ["image", 16, [64, 64]],
    ]);
    expect(hdus[1]?.tiles).toMatchObject({ algorithm: "RICE_1", tileAxes: [64, 1], tileCount: 64 });
  });

  test.each([
    ["zeros", Buffer.alloc(2880)],
    ["special records", Buffer.alloc(5760, "x")],
    ["less than a block", Buffer.from("\n")],
  ])("end before what follows the last of them: %s", async (_, tail) => {
    const followed = bytesSource(Buffer.concat([threeHdus(), tail]), "a.fits");
    expect((await openFits(followed)).hdus).toHaveLength(3);
    const { problems } = await verifyFits(followed);
    expect(problems.map(({ problem }) => problem).join()).toContain(`${tail.length} bytes follow the last HDU`);
  });

  test.each(["XTENSIOM= 'IMAGE   '", "XTE\0SION= 'IMAGE  '", "SIMPLE  =", "\xff\xffENSION=\0"])(
    "do not end before a header that is damaged: %j",
    async (start) => {
      const damaged = Buffer.concat([threeHdus(), Buffer.from(start.padEnd(2880), "latin1")]);
      await expect(openFits(bytesSource(damaged, "a.fits"))).rejects.toThrow(
        expect.objectContaining({ code: "FITS_INVALID", fields: { file: "a.fits", hdu: 3, offset: 31680 } }),
      );
    },
  );

  test("are read without PCOUNT and GCOUNT, and whatever the case of their type", async () => {
    const extension = ["XTENSION= 'image   '", "BITPIX  = 16", "NAXIS   = 1", "NAXIS1  = 2", "END"];
    const bytes = Buffer.concat([
      encodeFits([{ header: Header.from({ EXTEND: true }) }]),
      Buffer.from(
        extension
          .map((card) => card.padEnd(80))
          .join("")
          .padEnd(2880),
      ),
      Buffer.from([0, 1, 0, 2, ...new Uint8Array(2876)]),
    ]);
    expect((await readImage(bytesSource(bytes), 1)).data).toEqual(Int16Array.of(1, 2));
    expect((await verifyFits(bytesSource(bytes))).problems).toContainEqual({
      hdu: 1,
      problem: expect.stringContaining("PCOUNT belongs there"),
    });
  });

  test("may lack the padding of the last block, which is told of and made up for in a copy", async () => {
    const alone = encodeFits([{ header: new Header(), image: image(3) }]);
    const source = bytesSource(alone.subarray(0, 2892));
    expect((await readImage(source)).data).toEqual(Float32Array.of(1, 1, 1));
    const whole = threeHdus();
    const cut = bytesSource(whole.subarray(0, 28812), "a.fits");
    const { hdus } = await openFits(cut);
    expect(await readImage(cut, 2)).toEqual(await readImage(bytesSource(whole), 2));
    expect((await verifyFits(cut)).problems).toContainEqual({
      hdu: 2,
      problem: expect.stringContaining("lacks 2868 bytes of its padding"),
    });
    const copied: Uint8Array[] = [];
    for (const hdu of hdus) for await (const part of copyHdu(cut, hdu)) copied.push(part);
    expect(Buffer.concat(copied).equals(whole)).toBe(true);
    // What ends within the padding or the data was cut.
    for (const length of [28808, 28813, 31679]) {
      await expect(openFits(bytesSource(whole.subarray(0, length), "a.fits"))).rejects.toThrow(
        expect.objectContaining({ code: "FITS_TRUNCATED", message: expect.stringContaining("a.fits, HDU 2") }),
      );
    }
  });
});

describe("reading one header", () => {
  test("reads the blocks at its start only", async () => {
    const bytes = encodeFits([{ header: new Header(), image: image(100_000) }, { header: new Header() }]);
    const { source, reads } = watched(bytes);
    await readHeader(source);
    expect(reads).toEqual([[0, 8 * 2880]]);
  });

  test("reads on where the header is longer, each byte once", async () => {
    const header = new Header();
    for (let index = 0; index < 700; index += 1) header.set(`KEY${index}`, index);
    const { source, reads } = watched(encodeFits([{ header, image: image(100_000) }]));
    expect((await readHeader(source)).number("KEY699")).toBe(699);
    expect(reads).toEqual([
      [0, 8 * 2880],
      [8 * 2880, 8 * 2880],
      [16 * 2880, 16 * 2880],
    ]);
  });

  test("steps over the data of the HDUs before it, and looks at none behind it", async () => {
    const { source, reads } = watched(threeHdus());
    await readHeader(source, 1);
    expect(reads.map(([offset]) => offset)).toEqual([0, 2880]);
  });

  test("notices that the file is too short for its data", async () => {
    const bytes = encodeFits([{ header: new Header(), image: image(5000) }]);
    await expect(readHeader(bytesSource(bytes.subarray(0, 20000), "short.fits"))).rejects.toThrow(
      expect.objectContaining({ code: "FITS_TRUNCATED", message: expect.stringContaining("short.fits") }),
    );
  });
});

describe("the header without a selector", () => {
  const empty = { header: Header.from({ OBJECT: "nothing" }) };

  test("is that of the first HDU with an image, compressed or not", async () => {
    const extension = encodeFits([empty, { header: Header.from({ OBJECT: "Sun" }), image: image(3) }]);
    expect((await readHeader(bytesSource(extension))).get("OBJECT")).toBe("Sun");
    const { source } = await readCase("rice_i16_smooth");
    expect((await readHeader(source)).integer("BITPIX")).toBe(16);
    expect((await readHeader(source, 0)).integer("NAXIS")).toBe(0);
  });

  test("is the primary's where no HDU has an image", async () => {
    const bytes = encodeFits([empty, { header: Header.from({ OBJECT: "none either" }) }]);
    expect((await readHeader(bytesSource(bytes))).get("OBJECT")).toBe("nothing");
  });
});

describe("bad files", () => {
  const withCards = (cards: Record<string, number | string | boolean>) =>
    encodeHeader(Header.from({ SIMPLE: true, BITPIX: 16, NAXIS: 2, NAXIS1: 1, NAXIS2: 1, ...cards }).cards);
  const good = () => encodeFits([{ header: Header.from({ OBJECT: "Sun" }), image: image(5000) }]);

  test.each<[what: string, code: string, bytes: () => Uint8Array]>([
    ["an empty file", "FITS_EMPTY", () => new Uint8Array(0)],
    ["a text file", "FITS_NOT_FITS", () => Buffer.from("these are my observations\n")],
    ["a gzip file that is cut", "FITS_INVALID", () => Buffer.from([0x1f, 0x8b, 8, 0])],
    ["a gzip file in a gzip file", "FITS_NOT_FITS", () => gzipSync(gzipSync("text"))],
    ["zeros", "FITS_NOT_FITS", () => new Uint8Array(5760)],
    ["a file cut in its header", "FITS_TRUNCATED", () => good().subarray(0, 200)],
    ["a file cut in its data", "FITS_TRUNCATED", () => good().subarray(0, 12000)],
    ["a header without END before binary data", "FITS_INVALID", () => Buffer.from(good()).fill(" ", 5 * 80, 6 * 80)],
    ["a NUL in the header", "FITS_INVALID", () => Buffer.from(good()).fill(0, 100, 101)],
    ["an unknown BITPIX", "FITS_INVALID", () => withCards({ BITPIX: 17 })],
    ["a BITPIX that is a real", "FITS_INVALID", () => withCards({ BITPIX: 16.5 })],
    ["a negative axis", "FITS_INVALID", () => withCards({ NAXIS1: -1 })],
    ["an axis that is missing", "FITS_INVALID", () => withCards({ NAXIS: 3 })],
    ["a thousand axes", "FITS_INVALID", () => withCards({ NAXIS: 1000 })],
    ["axes far beyond the file", "FITS_TRUNCATED", () => withCards({ NAXIS1: 2 ** 31, NAXIS2: 2 ** 31 })],
    ["axes beyond all numbers", "FITS_TRUNCATED", () => withCards({ NAXIS1: 2 ** 52, NAXIS2: 2 ** 52 })],
  ])("%s: %s, and the file is named", async (_, code, bytes) => {
    const source = bytesSource(bytes(), "bad.fits");
    const expected = expect.objectContaining({ code, message: expect.stringMatching(/^bad\.fits/) });
    await expect(openFits(source)).rejects.toThrow(expected);
    await expect(readHeader(source)).rejects.toThrow(expected);
    await expect(readImage(source)).rejects.toThrow(expected);
  });
});
