import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { array, blob, bytes, type Codec, fits, json, model, path, text } from "../../src/codecs/index.ts";
import { bytesSource } from "../../src/core/byte-source.ts";
import type { NdArray, PixelArray } from "../../src/core/ndarray.ts";
import { real } from "../../src/core/scalar.ts";
import { encodeFits, type Frame, Header } from "../../src/fits/index.ts";

const context = { path: "/run/7/a.dat" };
const decode = async <T>(codec: Codec<T, never>, encoded: Uint8Array | string): Promise<T> =>
  codec.decode(bytesSource(typeof encoded === "string" ? Buffer.from(encoded) : encoded, "a.dat"), context);
const typeError = (codec: string) =>
  expect.objectContaining({
    code: "CODEC_TYPE",
    disposition: "invalid",
    message: expect.stringContaining(`'${codec}'`),
  });
const dataError = expect.objectContaining({ code: "CODEC_DATA", message: expect.stringContaining("a.dat") });
/** What a caller without types could pass. */
const wrong = <T>(value: unknown) => value as T;

describe("bytes", () => {
  test("come back as they are", async () => {
    expect(await decode(bytes, await bytes.encode(Uint8Array.of(0, 255)))).toEqual(Uint8Array.of(0, 255));
  });

  test("refuse anything else", () => {
    expect(() => bytes.encode(wrong("text"))).toThrow(typeError("bytes"));
    expect(() => bytes.encode(wrong([1, 2]))).toThrow("it was given a value of class Array");
  });
});

describe("blob", () => {
  test("is what streams and blobs hold, and no stream of strings", async () => {
    const chunks = [Uint8Array.of(0, 255), Uint8Array.of(7)];
    for (const value of [new Blob(chunks), Readable.from(chunks), new Blob(chunks).stream()]) {
      const read = await decode(blob, await blob.encode(value));
      expect(new Uint8Array(await read.arrayBuffer())).toEqual(Uint8Array.of(0, 255, 7));
    }
    await expect(blob.encode(Readable.from(chunks).setEncoding("utf8"))).rejects.toThrow(typeError("blob"));
    await expect(blob.encode(wrong("text"))).rejects.toThrow(typeError("blob"));
    await expect(blob.encode(wrong(null))).rejects.toThrow(typeError("blob"));
  });
});

describe("text", () => {
  test("is UTF-8 in both directions, a leading mark kept", async () => {
    expect(await decode(text, await text.encode("\ufeffGrüße"))).toBe("\ufeffGrüße");
  });

  test("refuses what is no string or no UTF-8", async () => {
    expect(() => text.encode(wrong(1))).toThrow(typeError("text"));
    expect(() => text.encode("\ud800")).toThrow(typeError("text"));
    await expect(decode(text, Uint8Array.of(0xff))).rejects.toThrow(dataError);
  });
});

describe("json", () => {
  test("is spelt as Python spells it, NaN and Infinity too", async () => {
    const encoded = await json.encode({ a: [1, real(1), Number.NaN], b: Number.POSITIVE_INFINITY });
    expect(Buffer.from(encoded).toString()).toBe('{"a": [1, 1.0, NaN], "b": Infinity}');
    expect(await decode(json, encoded)).toEqual({ a: [1, real(1), Number.NaN], b: Number.POSITIVE_INFINITY });
  });

  test("refuses what JSON cannot hold, and bytes that are no JSON", async () => {
    expect(() => json.encode(new Map())).toThrow(typeError("json"));
    await expect(decode(json, "{'a': 1}")).rejects.toThrow(dataError);
  });
});

describe("model", () => {
  const codec = model(z.object({ name: z.string(), gain: z.number().optional() }));

  test("comes back as the schema says", async () => {
    expect(await decode(codec, await codec.encode({ name: "EIT", gain: undefined }))).toEqual({ name: "EIT" });
    expect(await decode(codec, '{"name": "EIT", "gain": 2.0, "more": 1}')).toEqual({ name: "EIT", gain: 2 });
  });

  test("refuses values and bytes that the schema does not allow, saying where", async () => {
    expect(() => codec.encode(wrong({ name: 1 }))).toThrow(typeError("model"));
    await expect(decode(codec, '{"name": 1}')).rejects.toThrow(dataError);
    await expect(decode(codec, '{"name": 1}')).rejects.toThrow("name");
    await expect(decode(codec, "nothing")).rejects.toThrow(dataError);
  });
});

test("path is the file's path, and only reads", async () => {
  expect(await decode(path, "")).toBe("/run/7/a.dat");
  expect(path.encode).toBeUndefined();
});

describe("array", () => {
  const header = (encoded: Uint8Array) => Buffer.from(encoded.slice(0, 128)).toString("latin1");

  test("is numpy's format, version 1.0, aligned to 64 bytes", async () => {
    const encoded = await array.encode({ data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] });
    expect(header(encoded)).toBe(
      `\u0093NUMPY\u0001\u0000v\u0000${"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117)}\n`,
    );
    expect(encoded.length).toBe(128 + 24);
    expect(header(await array.encode({ data: Uint8Array.of(1), shape: [1] }))).toContain(
      "'|u1', 'fortran_order': False, 'shape': (1,), }",
    );
    expect(header(await array.encode({ data: Uint8Array.of(1), shape: [] }))).toContain("'shape': (), }");
  });

  const types = [
    Uint8Array,
    Int8Array,
    Uint16Array,
    Int16Array,
    Uint32Array,
    Int32Array,
    BigUint64Array,
    BigInt64Array,
    Float32Array,
    Float64Array,
  ];
  test.each(types.map((type) => [type.name, type] as const))("%s comes back bit for bit", async (_, type) => {
    const raw = Uint8Array.from({ length: 48 }, (__, index) => index * 37);
    const value: NdArray = { data: new type(raw.buffer) as PixelArray, shape: [2, 24 / type.BYTES_PER_ELEMENT] };
    expect(await decode(array, await array.encode(value))).toEqual(value);
  });

  test("in Fortran order, big-endian, or of booleans is read as it was meant", async () => {
    const encoded = async (value: NdArray, from: string, to: string) =>
      Buffer.from(
        Buffer.from(await array.encode(value))
          .toString("latin1")
          .replace(from, to),
        "latin1",
      );
    // numpy.save(numpy.asfortranarray(numpy.arange(6).reshape(2, 3)))
    const columns = { data: Int32Array.of(0, 3, 1, 4, 2, 5), shape: [2, 3] };
    expect(await decode(array, await encoded(columns, "False", "True "))).toEqual({
      data: Int32Array.of(0, 1, 2, 3, 4, 5),
      shape: [2, 3],
    });
    const cube = { data: BigInt64Array.from({ length: 24 }, (_, i) => BigInt(i)), shape: [2, 3, 4] };
    const { data } = await decode(array, await encoded(cube, "False", "True "));
    expect([data[0], data[1], data[4], data[12], data[23]]).toEqual([0n, 6n, 2n, 1n, 23n]);
    for (const type of [Int16Array, Float32Array, Float64Array]) {
      const value = { data: type.of(1, -2, 3), shape: [3] };
      const name = { 2: "i2", 4: "f4", 8: "f8" }[type.BYTES_PER_ELEMENT] ?? "";
      const big = await encoded(value, `<${name}`, `>${name}`);
      for (let at = 128; at < big.length; at += type.BYTES_PER_ELEMENT)
        big.subarray(at, at + type.BYTES_PER_ELEMENT).reverse();
      expect(await decode(array, big)).toEqual(value);
    }
    const flags = { data: Uint8Array.of(0, 1), shape: [2] };
    expect(await decode(array, await encoded(flags, "|u1", "|b1"))).toEqual(flags);
  });

  test("part of a larger buffer is written as that part", async () => {
    const data = Uint16Array.of(1, 2, 3, 4).subarray(1, 3);
    expect((await decode(array, await array.encode({ data, shape: [2] }))).data).toEqual(Uint16Array.of(2, 3));
  });

  test.each<[string, unknown]>([
    ["a plain array", [1, 2]],
    ["a typed array without shape", new Float32Array(2)],
    ["a shape that does not fit", { data: new Float32Array(2), shape: [3] }],
    ["clamped bytes", { data: new Uint8ClampedArray(2), shape: [2] }],
    ["nothing", undefined],
  ])("refuses %s", (_, value) => {
    expect(() => array.encode(wrong(value))).toThrow(typeError("array"));
  });

  test.each<[string, (encoded: Buffer) => Uint8Array]>([
    ["a file cut short", (encoded) => encoded.subarray(0, encoded.length - 1)],
    ["a file cut in its header", (encoded) => encoded.subarray(0, 40)],
    ["another format", () => Buffer.from("SIMPLE  =                    T")],
    ["an unknown order", (encoded) => Buffer.from(encoded.toString("latin1").replace("False", "Maybe"), "latin1")],
    ["complex elements", (encoded) => Buffer.from(encoded.toString("latin1").replace("<f4", "<c8"), "latin1")],
    ["a later version", (encoded) => Buffer.from(encoded.fill(9, 6, 7))],
  ])("refuses %s by name", async (_, damage) => {
    const encoded = Buffer.from(await array.encode({ data: new Float32Array(6), shape: [6] }));
    await expect(decode(array, damage(encoded))).rejects.toThrow(dataError);
  });
});

describe("fits", () => {
  const shape = [2, 2];
  const frame: Frame = {
    header: Header.from({ OBJECT: "Sun", EXPTIME: real(2) }),
    image: { data: Float32Array.of(1, 2, 3, 4), shape },
    mask: { data: Uint32Array.of(0, 1, 0, 0), shape },
  };

  test("a frame comes back with its header, image and mask", async () => {
    const again = await decode(fits.frame, await fits.frame.encode(frame));
    expect([again.image, again.mask, again.variance]).toEqual([frame.image, frame.mask, undefined]);
    expect(again.header.get("EXPTIME")).toEqual(real(2));
    expect(again.header.origin).toBe("a.dat");
  });

  test("a frame and an image whose bytes were damaged are refused by name", async () => {
    const encoded = Buffer.from(await fits.frame.encode(frame));
    encoded.writeUInt8(1, 2883);
    const damaged = expect.objectContaining({ code: "FITS_CHECKSUM", message: expect.stringContaining("a.dat") });
    await expect(decode(fits.frame, encoded)).rejects.toThrow(damaged);
    await expect(decode(fits.image, encoded)).rejects.toThrow(damaged);
    await expect(decode(fits.hdus, encoded)).rejects.toThrow(damaged);
    expect((await decode(fits.header, encoded)).get("OBJECT")).toBe("Sun");
  });

  test("an image is written alone", async () => {
    expect(await decode(fits.image, await fits.image.encode(frame.image))).toEqual(frame.image);
  });

  test.each([
    [
      [1, 2, 2],
      [2, 2],
    ],
    [
      [1, 1, 4],
      [1, 4],
    ],
    [
      [2, 2, 1],
      [2, 2, 1],
    ],
    [
      [1, 1, 2, 2],
      [1, 1, 2, 2],
    ],
    [
      [1, 4],
      [1, 4],
    ],
  ])(
    "a plane behind an axis of length 1 is squeezed where it is asked for: three axes, not four",
    async (shape, found) => {
      const encoded = await fits.squeezed.encode({ ...frame.image, shape });
      expect(await decode(fits.squeezed, encoded)).toEqual({ ...frame.image, shape: found });
      expect(await decode(fits.image, encoded)).toEqual({ ...frame.image, shape });
    },
  );

  test("HDUs come back with an image where they have one to read", async () => {
    const encoded = await fits.hdus.encode([
      { header: Header.from({ A: 1 }) },
      { header: new Header(), image: frame.image },
    ]);
    const again = await decode(fits.hdus, encoded);
    expect(again.map((hdu) => hdu.image)).toEqual([undefined, frame.image]);
    const compressed = await readFile(new URL("../fixtures/fits/rice_i16_smooth.fits", import.meta.url));
    expect((await decode(fits.hdus, compressed)).map((hdu) => hdu.image?.shape)).toEqual([undefined, [64, 64]]);
  });

  test("HDUs with a table among them are written as they were stored, and no table without its data", async () => {
    const columns = [{ number: 1, name: "A", type: "number", data: Int16Array.of(3, -4) } as const];
    const encoded = await fits.hdus.encode([
      { header: Header.from({ EXTEND: true }) },
      { header: new Header(), columns },
    ]);
    const again = await decode(fits.hdus, encoded);
    expect(Buffer.from(await fits.hdus.encode(again))).toEqual(Buffer.from(encoded));
    const bare = again.map(({ header }) => ({ header }));
    expect(() => fits.hdus.encode(bare)).toThrow(
      expect.objectContaining({ code: "FITS_UNSUPPORTED", message: expect.stringMatching(/HDU 1.*BINTABLE/) }),
    );
  });

  test.each<[string, () => unknown]>([
    ["fits.frame", () => fits.frame.encode(wrong(frame.image))],
    ["fits.frame", () => fits.frame.encode(wrong({ header: {}, image: frame.image }))],
    ["fits.image", () => fits.image.encode(wrong([1, 2]))],
    ["fits.image", () => fits.image.encode(wrong({ data: [1, 2], shape: [2] }))],
    ["fits.hdus", () => fits.hdus.encode(wrong(frame))],
  ])("%s refuses another type", (codec, encode) => {
    expect(encode).toThrow(typeError(codec));
  });

  test("headers only read", () => {
    expect(fits.header.encode).toBeUndefined();
  });

  test("files without checksums are read as they are", async () => {
    const plain = encodeFits([{ header: new Header(), image: frame.image }]);
    expect(await decode(fits.image, plain)).toEqual(frame.image);
  });
});
