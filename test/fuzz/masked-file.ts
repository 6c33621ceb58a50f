import { gzipSync } from "node:zlib";
import type { HeaderRecord } from "../../src/fits/index.ts";

export const maskAlgorithms = ["RICE_1", "GZIP_1", "GZIP_2", "PLIO_1", "NOCOMPRESS"] as const;
export type MaskAlgorithm = (typeof maskAlgorithms)[number];

const [rowCount, rowLength] = [4, 16];

/** Cards and data unit of four rows of sixteen bytes, each a tile as it is; a mask makes pixels of all rows but the first undefined. */
export function maskedTable(algorithm: MaskAlgorithm): readonly [cards: HeaderRecord, data: Uint8Array] {
  const rows = Buffer.alloc(16 * rowCount);
  const heap: Buffer[] = [];
  let at = 0;
  const add = (row: number, column: number, bytes: Buffer): void => {
    rows.writeInt32BE(bytes.length, 16 * row + 8 * column);
    rows.writeInt32BE(at, 16 * row + 8 * column + 4);
    heap.push(bytes);
    at += bytes.length;
  };
  for (let row = 0; row < rowCount; row += 1) {
    add(row, 0, Buffer.from(Array.from({ length: rowLength }, (_, i) => row * rowLength + i)));
    const mask = Array.from({ length: rowLength }, (_, i) => (i % (row + 2) === row ? 1 : 0));
    add(row, 1, row === 0 ? Buffer.alloc(0) : compressed(mask, algorithm));
  }
  const cards = {
    ...{ XTENSION: "BINTABLE", BITPIX: 8, NAXIS: 2, NAXIS1: 16, NAXIS2: rowCount, PCOUNT: at, GCOUNT: 1, TFIELDS: 2 },
    ...{ TTYPE1: "COMPRESSED_DATA", TFORM1: "1PB", TTYPE2: "NULL_PIXEL_MASK", TFORM2: "1PB" },
    ...{ ZIMAGE: true, ZCMPTYPE: "NOCOMPRESS", ZMASKCMP: algorithm, ZBITPIX: 8, ZNAXIS: 2 },
    ...{ ZNAXIS1: rowLength, ZNAXIS2: rowCount, ZTILE1: rowLength, ZTILE2: 1 },
  };
  return [cards, Buffer.concat([rows, ...heap])];
}

function compressed(mask: readonly number[], algorithm: MaskAlgorithm): Buffer {
  switch (algorithm) {
    case "RICE_1":
      return riceBytes(mask);
    case "GZIP_1":
      return gzipSync(Buffer.from(mask));
    case "GZIP_2":
      // Two bytes each: the higher ones of all first.
      return gzipSync(Buffer.from([...mask.map(() => 0), ...mask]));
    case "PLIO_1":
      return plioLine(mask);
    default:
      return Buffer.from(mask.flatMap((value) => [0, value]));
  }
}

/** One block without low bits: the first pixel, the code of the block, and each difference as so many zeros before a one. */
function riceBytes(mask: readonly number[]): Buffer {
  const zigzag = mask.map((value, i) => value - (mask[i - 1] ?? mask[0] ?? 0)).map((step) => (step < 0 ? 1 : 2 * step));
  const bits = [(mask[0] ?? 0).toString(2).padStart(8, "0"), "001", ...zigzag.map((count) => `${"0".repeat(count)}1`)];
  const octets = bits.join("").match(/.{1,8}/g) ?? [];
  return Buffer.from(octets.map((octet) => Number.parseInt(octet.padEnd(8, "0"), 2)));
}

/** Runs of zeros (0) and of ones (4). */
function plioLine(mask: readonly number[]): Buffer {
  const runs = mask.join("").match(/0+|1+/g) ?? [];
  const instructions = runs.map((run) => (run.startsWith("1") ? 0x4000 : 0) + run.length);
  const words = [0, 7, 0xff9c, 7 + instructions.length, 0, 0, 0, ...instructions];
  const bytes = Buffer.alloc(2 * words.length);
  for (const [i, word] of words.entries()) bytes.writeUInt16BE(word, 2 * i);
  return bytes;
}
