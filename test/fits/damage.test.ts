import { expect, test } from "vitest";
import { bytesSource } from "../../src/core/byte-source.ts";
import { isFirstlightError } from "../../src/core/errors.ts";
import type { Hdu } from "../../src/fits/index.ts";
import {
  encodeFits,
  encodeFrame,
  type Frame,
  Header,
  openFits,
  readFrame,
  readImage,
  verifyChecksums,
} from "../../src/fits/index.ts";
import { readCase } from "./cases.ts";
import { randomFrom } from "./random.ts";

const shape = [3, 4];
const count = 12;
const cards = {
  OBJECT: "a long name ".repeat(10),
  EXPTIME: [2.5, "s"],
  "ESO DET X": 3,
  BSCALE: 2,
  HISTORY: "made",
} as const;
const header = () => Header.from(cards);
const frame: Frame = {
  header: header(),
  image: { data: Uint16Array.from({ length: count }, (_, index) => index * 5000), shape },
  mask: { data: Uint32Array.from({ length: count }, (_, index) => index), shape },
  variance: { data: Float32Array.from({ length: count }, (_, index) => index / 7), shape },
};

/** One byte changed: half of the time in the cards and pixels, where it matters, else anywhere. */
function damage(bytes: Uint8Array, random: () => number): Uint8Array {
  const damaged = bytes.slice();
  let offset = Math.floor(random() * bytes.length);
  while (random() < 0.9 && (damaged[offset] === 32 || damaged[offset] === 0))
    offset = Math.floor(random() * bytes.length);
  const printable = 32 + Math.floor(random() * 95);
  damaged[offset] = random() < 0.6 ? printable : Math.floor(random() * 256);
  return damaged;
}

async function outcome<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!isFirstlightError(error)) throw error;
    return undefined;
  }
}

test("a file with one byte changed is read, or refused with an error of ours, and never larger than it justifies", async () => {
  const random = randomFrom(20260101);
  const files = [
    encodeFrame(frame, { checksum: false }),
    encodeFits([{ header: header(), image: { data: new Float64Array(count), shape } }]),
    encodeFits([{ header: new Header() }, { header: header(), image: { data: new Uint8Array(count), shape } }]),
  ];
  let refused = 0;
  for (let run = 0; run < 3000; run += 1) {
    const source = bytesSource(damage(files[run % files.length]!, random), "damaged.fits");
    const file = await outcome(openFits(source));
    if (file === undefined) refused += 1;
    for (const hdu of file?.hdus ?? []) {
      for (const card of hdu.header) await outcome(Promise.resolve().then(() => card.value));
      const image = await outcome(readImage(source, hdu.index));
      expect(image?.data.byteLength ?? 0).toBeLessThanOrEqual(4 * source.sizeBytes);
    }
    await outcome(readFrame(source));
    await outcome(verifyChecksums(source));
  }
  // Enough of the damage must have hit what the reader depends on.
  expect(refused).toBeGreaterThan(250);
});

/** What a byte belongs to, in a file of an empty primary and a compressed image. */
function structureAt(offset: number, hdu: Hdu): "header" | "descriptor" | "heap" | undefined {
  if (offset < hdu.dataOffset) return "header";
  const rowsBytes = hdu.tiles!.header.integer("NAXIS1") * hdu.tiles!.header.integer("NAXIS2");
  if (offset < hdu.dataOffset + rowsBytes) return "descriptor";
  return offset < hdu.dataOffset + hdu.dataSizeBytes ? "heap" : undefined;
}

test("a compressed file with one byte changed is read, or refused with an error that names file, HDU and offset", async () => {
  const random = randomFrom(20260103);
  const names = ["rice_u8", "rice_i16_tile2d", "rice_f32_dither2_zero_nan", "gzip1_i16", "hcomp_i16", "plio_i16"];
  const files = await Promise.all(names.map((name) => readCase(name)));
  const hits = new Map<string, number>();
  let refused = 0;
  let read = 0;
  for (let run = 0; run < 3000; run += 1) {
    const { bytes, source } = files[run % files.length]!;
    const hdu = (await openFits(source)).hdu(1);
    // One of three hits the cards, one the table, one the compressed bytes.
    const rowsBytes = hdu.tiles!.header.integer("NAXIS1") * hdu.tiles!.header.integer("NAXIS2");
    const [from, to] = [
      [2880, hdu.dataOffset],
      [hdu.dataOffset, hdu.dataOffset + rowsBytes],
      [hdu.dataOffset + rowsBytes, hdu.dataOffset + hdu.dataSizeBytes],
    ][Math.floor(run / files.length) % 3]!;
    const part = damage(bytes.subarray(from, to), random);
    const damaged = bytes.slice();
    damaged.set(part, from);
    const structure = structureAt(from!, hdu)!;
    hits.set(structure, (hits.get(structure) ?? 0) + 1);
    try {
      const image = await readImage(bytesSource(damaged, "damaged.fits"), 1);
      expect(image.data.byteLength).toBeLessThanOrEqual(64 * 2 ** 20);
      read += 1;
    } catch (error) {
      if (!isFirstlightError(error)) throw error;
      expect(error.message).toMatch(/^damaged\.fits/);
      if (structure !== "header") expect(error.fields).toMatchObject({ hdu: 1, offset: expect.any(Number) });
      refused += 1;
    }
  }
  expect(Object.fromEntries(hits)).toEqual({ header: 1002, descriptor: 1002, heap: 996 });
  expect(refused).toBeGreaterThan(500);
  expect(read).toBeGreaterThan(500);
});

test("a signed frame with one byte changed is refused, or reads as the same pixels", async () => {
  const random = randomFrom(20260102);
  const signed = encodeFrame(frame);
  let refused = 0;
  for (let run = 0; run < 3000; run += 1) {
    const source = bytesSource(damage(signed, random), "damaged.fits");
    const read = await outcome(readFrame(source, { checksum: true }));
    if (read === undefined) refused += 1;
    else expect([read.image, read.mask, read.variance]).toEqual([frame.image, frame.mask, frame.variance]);
  }
  expect(refused).toBeGreaterThan(2000);
});

test("a file cut at any length is refused, unless whole HDUs are left, but for padding", async () => {
  const bytes = encodeFrame(frame);
  const { hdus } = await openFits(bytesSource(bytes));
  const ends = hdus.flatMap((hdu) => [hdu.dataOffset + hdu.dataSizeBytes, hdu.endOffset]);
  for (let length = 0; length <= bytes.length; length += 72) {
    const read = await outcome(readFrame(bytesSource(bytes.subarray(0, length), "cut.fits"), { checksum: true }));
    expect([length, read !== undefined]).toEqual([length, ends.includes(length)]);
  }
});
