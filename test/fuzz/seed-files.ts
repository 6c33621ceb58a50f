import { gzipSync } from "node:zlib";
import { bytesSource } from "../../src/core/byte-source.ts";
import { encodeFits, encodeHeader, Header, type HeaderRecord, openFits } from "../../src/fits/index.ts";
import { readCase } from "../fits/cases.ts";
import { compressedTable } from "../fits/tables/compressed-table-file.ts";
import { maskAlgorithms, maskedTable } from "./masked-file.ts";

/** What a file is made of that a reader has to trust: its cards, its rows that point into the heap, the heap's place, a tile's bytes. */
export const structures = ["header", "descriptor", "heap", "tile"] as const;
export type Structure = (typeof structures)[number];

export const codecs = [
  "none",
  "RICE_1",
  "GZIP_1",
  "GZIP_2",
  "HCOMPRESS_1",
  "PLIO_1",
  "NOCOMPRESS",
  "BINTABLE",
  "TABLE",
  "ZTABLE",
  "masks",
  "gzip file",
] as const;
export type CodecName = (typeof codecs)[number];

/** A sound file, and where in it each structure lies. */
export interface SeedFile {
  readonly codec: CodecName;
  readonly bytes: Uint8Array;
  /** From, to, for those structures that it has. */
  readonly ranges: Readonly<Partial<Record<Structure, readonly [from: number, to: number]>>>;
}

const cases: readonly (readonly [CodecName, string])[] = [
  ["none", "i16_scaled_blank"],
  ["none", "cube_f32"],
  ["none", "u32_bzero"],
  ["RICE_1", "rice_u8"],
  ["RICE_1", "rice_i16_tile2d"],
  ["RICE_1", "rice_i32_noise"],
  ["RICE_1", "rice_f32_dither2_zero_nan"],
  ["GZIP_1", "gzip1_i16"],
  ["GZIP_2", "gzip2_f32_lossless"],
  ["HCOMPRESS_1", "hcomp_i16"],
  ["PLIO_1", "plio_i16"],
];

export async function seedFiles(): Promise<readonly SeedFile[]> {
  const files = await Promise.all(cases.map(async ([codec, name]) => describe(codec, (await readCase(name)).bytes)));
  const image = encodeFits([
    { header: Header.from({ OBJECT: "Sun" }), image: { data: new Int16Array(64), shape: [8, 8] } },
  ]);
  const zipped = new Uint8Array(gzipSync(image));
  return [
    ...files,
    await describe("NOCOMPRESS", uncompressedTiles()),
    await describe("BINTABLE", binaryTable()),
    await describe("TABLE", asciiTable()),
    await describe("ZTABLE", compressedTable()),
    ...(await Promise.all(maskAlgorithms.map((each) => describe("masks", fileOf(...maskedTable(each)))))),
    { codec: "gzip file", bytes: zipped, ranges: { tile: [0, zipped.length] } },
  ];
}

async function describe(codec: CodecName, bytes: Uint8Array): Promise<SeedFile> {
  const { hdus } = await openFits(bytesSource(bytes));
  const hdu = hdus.at(-1);
  if (hdu === undefined) throw new Error("a seed has no HDU");
  const header = [hdu.headerOffset, hdu.dataOffset] as const;
  const stored = hdu.tiles?.header ?? hdu.header;
  if (hdu.tiles === undefined && hdu.type !== "binaryTable") return { codec, bytes, ranges: { header } };
  const rowsEnd = hdu.dataOffset + stored.integer("NAXIS1") * stored.integer("NAXIS2");
  const end = hdu.dataOffset + hdu.dataSizeBytes;
  const ranges = { header, descriptor: [hdu.dataOffset, rowsEnd], heap: [rowsEnd, end] } as const;
  return { codec, bytes, ranges: hdu.tiles === undefined ? ranges : { ...ranges, tile: [rowsEnd, end] } };
}

function fileOf(cards: HeaderRecord, data: Uint8Array, fill = 0): Uint8Array {
  const primary = encodeHeader(Header.from({ SIMPLE: true, BITPIX: 8, NAXIS: 0, EXTEND: true }).cards);
  const padded = new Uint8Array(Math.ceil(data.length / 2880) * 2880).fill(fill);
  padded.set(data);
  return new Uint8Array(Buffer.concat([primary, encodeHeader(Header.from(cards).cards), padded]));
}

/** Four rows of eight pixels, each a tile as it is. */
function uncompressedTiles(): Uint8Array {
  const [rows, rowBytes] = [4, 16];
  const descriptors = Buffer.alloc(8 * rows);
  for (let row = 0; row < rows; row += 1) {
    descriptors.writeInt32BE(rowBytes, 8 * row);
    descriptors.writeInt32BE(row * rowBytes, 8 * row + 4);
  }
  const heap = Buffer.from(Array.from({ length: rows * rowBytes }, (_, i) => (i * 37) % 256));
  const cards = {
    ...{ XTENSION: "BINTABLE", BITPIX: 8, NAXIS: 2, NAXIS1: 8, NAXIS2: rows, PCOUNT: heap.length, GCOUNT: 1 },
    ...{ TFIELDS: 1, TTYPE1: "COMPRESSED_DATA", TFORM1: `1PB(${rowBytes})` },
    ...{ ZIMAGE: true, ZSIMPLE: true, ZCMPTYPE: "NOCOMPRESS", ZBITPIX: 16, ZNAXIS: 2, ZNAXIS1: 8, ZNAXIS2: rows },
    ...{ ZTILE1: 8, ZTILE2: 1 },
  };
  return fileOf(cards, Buffer.concat([descriptors, heap]));
}

/** Columns of many forms, two of them in a heap with a gap before it. */
function binaryTable(): Uint8Array {
  const [rowCount, gapBytes] = [5, 24];
  const forms = ["1L", "11X", "2B", "1I", "1J", "1K", "6A3", "1E", "1D", "1C", "1PI(3)", "1QD(2)"];
  const rowBytes = 1 + 2 + 2 + 2 + 4 + 8 + 6 + 4 + 8 + 8 + 8 + 16;
  const rows = Buffer.alloc(rowBytes * rowCount);
  const heap = Buffer.alloc(rowCount * (3 * 2 + 2 * 8));
  for (let row = 0; row < rowCount; row += 1) {
    const at = row * rowBytes;
    rows.write(row % 2 === 0 ? "T" : "F", at, "latin1");
    for (let i = 1; i < rowBytes - 24; i += 1) rows[at + i] = (row * 31 + i * 7) % 128;
    rows.writeInt32BE(3, at + rowBytes - 24);
    rows.writeInt32BE(row * 22, at + rowBytes - 20);
    rows.writeBigInt64BE(2n, at + rowBytes - 16);
    rows.writeBigInt64BE(BigInt(row * 22 + 6), at + rowBytes - 8);
    for (let i = 0; i < 22; i += 1) heap[row * 22 + i] = (row + i) % 64;
  }
  const columns = Object.fromEntries(
    forms.flatMap((form, i) => [
      [`TTYPE${i + 1}`, `COLUMN${i + 1}`],
      [`TFORM${i + 1}`, form],
    ]),
  );
  const cards = {
    ...{ XTENSION: "BINTABLE", BITPIX: 8, NAXIS: 2, NAXIS1: rowBytes, NAXIS2: rowCount },
    ...{ PCOUNT: gapBytes + heap.length, GCOUNT: 1, TFIELDS: forms.length, ...columns },
    ...{ THEAP: rows.length + gapBytes, TSCAL4: 0.5, TZERO5: 2147483648, TNULL6: 5, TDIM3: "(2)", EXTNAME: "EVENTS" },
  };
  return fileOf(cards, Buffer.concat([rows, Buffer.alloc(gapBytes), heap]));
}

function asciiTable(): Uint8Array {
  const rows = Array.from(
    { length: 6 },
    (_, row) => `${String(row * 7).padStart(6)} ${(row / 3).toExponential(4)} star${row}`,
  );
  const width = rows[0]?.length ?? 0;
  const cards = {
    ...{ XTENSION: "TABLE", BITPIX: 8, NAXIS: 2, NAXIS1: width, NAXIS2: rows.length, PCOUNT: 0, GCOUNT: 1, TFIELDS: 3 },
    ...{ TBCOL1: 1, TFORM1: "I6", TTYPE1: "ID", TNULL1: "21", TBCOL2: 8, TFORM2: "E10.4", TTYPE2: "MAG" },
    ...{ TBCOL3: width - 4, TFORM3: "A5", TTYPE3: "NAME" },
  };
  return fileOf(cards, Buffer.from(rows.join(""), "latin1"), 32);
}
