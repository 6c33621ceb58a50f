import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/byte-source.ts";
import { Real } from "../../src/core/scalar.ts";
import {
  Card,
  encodeFits,
  Header,
  openFits,
  packFits,
  readFrame,
  readHeader,
  readImage,
  verifyChecksums,
  verifyFits,
} from "../../src/fits/index.ts";
import { encodeHeader } from "../../src/fits/parse-header.ts";
import { readCase } from "./cases.ts";

const cases: [name: string, type: unknown, shape: number[]][] = [
  ["u8", Uint8Array, [64, 64]],
  ["i16", Int16Array, [64, 64]],
  ["u16_bzero", Uint16Array, [64, 64]],
  ["i32", Int32Array, [64, 64]],
  ["u32_bzero", Uint32Array, [64, 64]],
  ["i64", BigInt64Array, [64, 64]],
  ["f32", Float32Array, [64, 64]],
  ["f32_nan", Float32Array, [64, 64]],
  ["f64", Float64Array, [64, 64]],
  ["i16_scaled", Float32Array, [64, 64]],
  ["i16_blank", Float32Array, [64, 64]],
  ["i16_scaled_blank", Float32Array, [64, 64]],
  ["i16_intscale", Float32Array, [64, 64]],
  ["i32_scaled", Float64Array, [64, 64]],
  ["cube_f32", Float32Array, [3, 64, 64]],
  ["ext_image", Float32Array, [64, 64]],
  ["hdr", Int16Array, [64, 64]],
  ["rice_u8", Uint8Array, [64, 64]],
  ["rice_i16_smooth", Int16Array, [64, 64]],
  ["rice_i16_neg", Int16Array, [64, 64]],
  ["rice_i16_noise", Int16Array, [64, 64]],
  ["rice_i16_tile2d", Int16Array, [64, 64]],
  ["rice_u16", Uint16Array, [64, 64]],
  ["rice_i32", Int32Array, [64, 64]],
  ["rice_i32_noise", Int32Array, [64, 64]],
  ["rice_f32_nodither", Float32Array, [64, 64]],
  ["rice_f32_dither1", Float32Array, [64, 64]],
  ["rice_f32_dither2_zero_nan", Float32Array, [64, 64]],
  ["rice_f32_wide12000", Float32Array, [4, 12000]],
  ["rice_f64_dither1", Float64Array, [64, 64]],
  ["rice_f32_plio_mask", Float32Array, [250, 40]],
  ["gzip1_i16", Int16Array, [64, 64]],
  ["gzip2_f32_lossless", Float32Array, [64, 64]],
  ["hcomp_i16", Int16Array, [64, 64]],
  ["plio_i16", Int16Array, [64, 64]],
];

/** A primary with these cards and these data bytes. */
function fileOf(cards: Record<string, number | bigint | boolean | string | Real>, data: readonly number[]) {
  const header = encodeHeader(Header.from({ SIMPLE: true, ...cards }).cards);
  return bytesSource(Buffer.concat([header, Buffer.from(data)]), "made.fits");
}

describe("reading pixels", () => {
  test.each(cases)("%s: every pixel is the truth, in its own type", async (name, type, shape) => {
    const { source, truth } = await readCase(name);
    const image = await readImage(source);
    expect(image.data.constructor).toBe(type);
    expect(image.shape).toEqual(shape);
    const expected = image.data instanceof Float32Array ? Float32Array.from(truth) : truth;
    expect(image.data.length).toBe(expected.length);
    const wrong = Array.from(expected.keys()).filter((index) => !Object.is(Number(image.data[index]), expected[index]));
    expect(wrong).toEqual([]);
  });

  test("BLANK is compared with the stored value, and ignored where pixels are floats", async () => {
    const integers = fileOf({ BITPIX: 8, NAXIS: 1, NAXIS1: 3, BSCALE: 2, BZERO: 1, BLANK: 3 }, [1, 3, 7]);
    expect((await readImage(integers)).data).toEqual(Float32Array.of(3, Number.NaN, 15));
    const floats = fileOf({ BITPIX: -32, NAXIS: 1, NAXIS1: 1, BLANK: 0 }, [0, 0, 0, 0]);
    expect((await readImage(floats)).data).toEqual(Float32Array.of(0));
  });

  test("BLANK may be spelt as a real; what is no whole number stands for no pixel", async () => {
    const axes = { BITPIX: 8, NAXIS: 1, NAXIS1: 2 };
    const real = fileOf({ ...axes, BLANK: new Real(3) }, [3, 7]);
    expect((await readImage(real)).data).toEqual(Float32Array.of(Number.NaN, 7));
    for (const BLANK of [2.5, "none", true]) {
      expect((await readImage(fileOf({ ...axes, BLANK }, [3, 7]))).data).toEqual(Uint8Array.of(3, 7));
    }
    const { problems } = await verifyFits(fileOf({ ...axes, BLANK: "none" }, [3, 7, ...new Uint8Array(2878)]));
    expect(problems).toEqual([{ hdu: 0, problem: "BLANK is none; expected an integer." }]);
    const packed = await Array.fromAsync(packFits(await openFits(fileOf({ ...axes, BLANK: "none" }, [3, 7]))));
    expect((await readImage(bytesSource(Buffer.concat(packed)))).data).toEqual(Uint8Array.of(3, 7));
  });

  test("unsigned integers with a BLANK become floats with NaN", async () => {
    const source = fileOf({ BITPIX: 16, NAXIS: 1, NAXIS1: 2, BZERO: 32768, BLANK: -32768 }, [0x80, 0, 0x7f, 0xff]);
    expect((await readImage(source)).data).toEqual(Float32Array.of(Number.NaN, 65535));
  });

  test("64-bit integers are read exactly, unsigned ones too, and scaled ones as float64", async () => {
    const words = [0x80, 0, 0, 0, 0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    const axes = { BITPIX: 64, NAXIS: 1, NAXIS1: 2 };
    expect((await readImage(fileOf(axes, words))).data).toEqual(BigInt64Array.of(-(2n ** 63n) + 1n, 2n ** 63n - 1n));
    expect((await readImage(fileOf({ ...axes, BZERO: 2n ** 63n }, words))).data).toEqual(
      BigUint64Array.of(1n, 2n ** 64n - 1n),
    );
    expect((await readImage(fileOf({ ...axes, BLANK: -(2n ** 63n) + 1n }, words))).data).toEqual(
      Float64Array.of(Number.NaN, 2 ** 63),
    );
  });

  test("signed bytes and odd sizes are read to the last pixel", async () => {
    const source = fileOf({ BITPIX: 8, NAXIS: 1, NAXIS1: 5, BZERO: -128 }, [0, 127, 128, 129, 255]);
    expect((await readImage(source)).data).toEqual(Int8Array.of(-128, -1, 0, 1, 127));
    const odd = fileOf({ BITPIX: 16, NAXIS: 1, NAXIS1: 3, BZERO: 32768 }, [0, 0, 0x80, 0, 0x7f, 0xff]);
    expect((await readImage(odd)).data).toEqual(Uint16Array.of(32768, 0, 65535));
  });

  test("a signalling NaN keeps its payload", async () => {
    const { data } = await readImage(fileOf({ BITPIX: -32, NAXIS: 1, NAXIS1: 1 }, [0x7f, 0xa0, 0x12, 0x34]));
    expect(new Uint32Array(data.buffer, data.byteOffset, 1)[0]).toBe(0x7fa01234);
  });

  test("pixels of a table are refused by name", async () => {
    const table = encodeHeader(
      Header.from({ XTENSION: "BINTABLE", BITPIX: 8, NAXIS: 2, NAXIS1: 4, NAXIS2: 1, PCOUNT: 0, GCOUNT: 1, TFIELDS: 0 })
        .cards,
    );
    const primary = encodeFits([{ header: Header.from({ EXTEND: true }) }]);
    const source = bytesSource(Buffer.concat([primary, table, Buffer.alloc(2880)]), "table.fits");
    await expect(readImage(source, 1)).rejects.toThrow(
      expect.objectContaining({ code: "FITS_UNSUPPORTED", fields: { file: "table.fits", hdu: 1 } }),
    );
  });

  test("checksums are held against header, pixels and padding, when asked for", async () => {
    const image = { data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7), shape: [7] };
    const good = encodeFits([{ header: new Header([Card.of("OBJECT", "Sun")]), image }], { checksum: true });
    const read = (bytes: Uint8Array) => readImage(bytesSource(bytes, "a.fits"), 0, { checksum: true });
    expect((await read(good)).data).toEqual(image.data);
    for (const offset of [2880, 2886, 2887, 2888, 5759, 80 * 4 + 12]) {
      const damaged = good.slice();
      damaged[offset]! ^= 1;
      await expect(read(damaged)).rejects.toThrow(
        expect.objectContaining({ code: "FITS_CHECKSUM", message: expect.stringContaining("a.fits, HDU 0") }),
      );
    }
  });

  test("a header edited after it was signed is noticed, its pixels are not blamed", async () => {
    const { source } = await readCase("hdr");
    await expect(readImage(source, 0, { checksum: true })).rejects.toThrow("CHECKSUM do not fit");
    await expect(readImage(source, 0, { checksum: true })).rejects.not.toThrow("DATASUM");
  });
});

test("the header that astropy wrote full of traps says what was put in", async () => {
  const header = await readHeader((await readCase("hdr")).source);
  expect(header.get("LONGSTR")).toBe(`${"A".repeat(150)}it''s & more`);
  expect(header.card("LONGSTR")?.comment).toBe("a long comment");
  expect(header.get("SLASH")).toBe("a / b");
  expect(header.get("QUOTE")).toBe("O'HARA");
  expect(header.get("ESO DET WIN1 NX")).toBe(2048);
  expect(header.number("DEXP")).toBe(150000);
  expect(header.get("BIGI")).toBe(9007199254740993n);
  expect(header.card("CPLX")?.value).toEqual({ re: 1, im: 2 });
  expect([header.get("EMPTY"), header.get("UNDEF"), header.has("UNDEF"), header.get("BOOL")]).toEqual([
    "",
    undefined,
    true,
    true,
  ]);
  expect([header.comments, header.history]).toEqual([["c1"], ["h1"]]);
});

describe("a gzip file", () => {
  test("is read as what is inside, by every reader", async () => {
    const { bytes, truth } = await readCase("u16_bzero");
    const source = bytesSource(gzipSync(bytes), "a.fits.gz");
    expect((await readImage(source)).data).toEqual(Uint16Array.from(truth));
    expect((await readFrame(source)).header.get("BZERO")).toBe(32768);
    expect((await readHeader(source)).origin).toBe("a.fits.gz");
    expect(await verifyChecksums(source)).toMatchObject([{ datasum: "absent" }]);
    expect((await openFits(source)).source.sizeBytes).toBe(bytes.length);
  });

  test("that the disk fails to give is not called damaged", async () => {
    const { bytes } = await readCase("i16");
    const packed = bytesSource(gzipSync(Buffer.concat([bytes, Buffer.alloc(2880, "x")])), "a.fits.gz");
    const eio = Object.assign(new Error("EIO: i/o error, read"), { code: "EIO", syscall: "read" });
    for (const failAt of [2, 3]) {
      let reads = 0;
      const source = {
        ...packed,
        read: async (offset: number, into: Uint8Array) => {
          // The first two find out that it is a gzip file.
          reads += 1;
          if (reads > failAt) throw eio;
          return await packed.read(offset, into);
        },
      };
      await expect(readImage(source)).rejects.toBe(eio);
    }
  });

  test("that is damaged, or holds no FITS, or swells beyond all measure is refused by name", async () => {
    const { bytes } = await readCase("i16");
    const cut = gzipSync(bytes).subarray(0, 2000);
    await expect(readImage(bytesSource(cut, "a.fits.gz"))).rejects.toThrow(
      /^a\.fits\.gz: the gzip file is damaged: unexpected end of file/,
    );
    await expect(openFits(bytesSource(gzipSync("text"), "a.fits.gz"))).rejects.toThrow(
      expect.objectContaining({ code: "FITS_NOT_FITS" }),
    );
    const zeros = new Uint8Array(120_000_000);
    await expect(readHeader(bytesSource(gzipSync(zeros), "zeros.fits.gz"))).rejects.toThrow(
      expect.objectContaining({ code: "FITS_NOT_FITS" }),
    );
    const bomb = gzipSync(Buffer.concat([bytes, zeros]));
    await expect(readHeader(bytesSource(bomb, "bomb.fits.gz"))).rejects.toThrow(
      expect.objectContaining({ code: "FITS_INVALID", message: expect.stringMatching(/holds more than \d+ bytes/) }),
    );
  });
});

test("reading stops when it is told to", async () => {
  const { source } = await readCase("i16");
  const stopped = AbortSignal.abort(new Error("stop"));
  await expect(readImage(source, 0, { signal: stopped })).rejects.toThrow("stop");
});

test("an image beyond all memory is refused by name", async () => {
  const start = encodeHeader(
    Header.from({ SIMPLE: true, BITPIX: -64, NAXIS: 2, NAXIS1: 2 ** 24, NAXIS2: 2 ** 23 }).cards,
  );
  const read = bytesSource(start).read;
  const sparse = { name: "vast.fits", sizeBytes: start.length + 2 ** 51, read };
  await expect(readImage(sparse)).rejects.toMatchObject({ code: "FITS_MEMORY", fields: { file: "vast.fits", hdu: 0 } });
});

test("an image that memory cannot hold is refused before its bytes are read", async () => {
  const header = encodeHeader(
    Header.from({ SIMPLE: true, BITPIX: 8, NAXIS: 2, NAXIS1: 2 ** 22, NAXIS2: 2 ** 21 }).cards,
  );
  const start = bytesSource(header);
  const read = (offset: number, into: Uint8Array): Promise<number> =>
    offset < header.length ? start.read(offset, into) : Promise.reject(new Error("a pixel was read"));
  const sparse = { name: "bytes.fits", sizeBytes: header.length + 2 ** 43, read };
  await expect(readImage(sparse, 0, { as: "float64" })).rejects.toMatchObject({ code: "FITS_MEMORY" });
});
