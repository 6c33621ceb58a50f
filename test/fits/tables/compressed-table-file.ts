import { gzipSync } from "node:zlib";
import { encodeHeader, Header, type HeaderRecord } from "../../../src/fits/index.ts";
import { encodeRice } from "../../../src/fits/tiles/encode-rice.ts";
import { shuffle } from "../../../src/fits/tiles/gzip-tile.ts";

export const shorts = Int16Array.of(1, -2, 300, 4, 5);
export const lists = [[7, 8], [], [9], Array.from({ length: 40 }, () => 5), [2, -2]].map((list) =>
  Int16Array.from(list),
);
export const reals = Float32Array.of(1.5, -2, 1e9, 0, 7);

function bigEndian(array: Int16Array | Float32Array): Buffer {
  const bytes = Buffer.from(array.slice().buffer);
  return array instanceof Int16Array ? bytes.swap16() : bytes.swap32();
}

function rice(values: Int16Array): Uint8Array {
  const output = new Uint8Array(100);
  return output.subarray(0, encodeRice(values, output, { blockSize: 32, pixelBytes: 2 }));
}

/** What becomes no smaller stays as it is. */
function packedList(list: Int16Array): Uint8Array {
  const [plain, packed] = [bigEndian(list), gzipSync(shuffle(bigEndian(list), 2))];
  return packed.length < plain.length ? packed : plain;
}

/** Where the lists lay, one behind the other. */
function listsAt(from = 0, to = 0): Buffer {
  const before = lists.map((_, row) => 2 * lists.slice(0, row).reduce((sum, { length }) => sum + length, 0));
  return Buffer.from(
    lists.slice(from, to).flatMap(({ length }, i) => [0, 0, 0, length, 0, 0, 0, before[from + i] ?? 0]),
  );
}

function pointers(places: readonly (readonly [count: number, offset: number])[]): Buffer {
  const bytes = Buffer.alloc(16 * places.length);
  for (const [index, [count, offset]] of places.entries()) {
    bytes.writeBigInt64BE(BigInt(count), 16 * index);
    bytes.writeBigInt64BE(BigInt(offset), 16 * index + 8);
  }
  return bytes;
}

/** Five rows in tiles of three, each of five columns compressed in a way of its own. */
export function compressedTable(changes: HeaderRecord = {}): Uint8Array {
  const packedLists = lists.map(packedList);
  let at = 0;
  const put = (bytes: Uint8Array): readonly [count: number, offset: number] => {
    at += bytes.length;
    return [bytes.length, at - bytes.length];
  };
  const packedAt = packedLists.map(put);
  const tiles = [
    [0, 3],
    [3, 5],
  ].map(([from, to]) => {
    const own = bigEndian(shorts.slice(from, to));
    const text = Buffer.from("abcdefghij".slice(2 * (from ?? 0), 2 * (to ?? 0)));
    const gzipped = gzipSync(shuffle(bigEndian(reals.slice(from, to)), 4));
    return [
      rice(shorts.slice(from, to)),
      gzipped,
      gzipSync(text),
      own,
      gzipSync(Buffer.concat([listsAt(from, to), pointers(packedAt.slice(from, to))])),
    ];
  });
  const rows = pointers(tiles.flat().map(put));
  const heap = Buffer.concat([...packedLists, ...tiles.flat()]);
  const columns = [
    ["SHORT", "1I", "RICE_1"],
    ["REAL", "1E", "GZIP_2"],
    ["TEXT", "2A", "GZIP_1"],
    ["PLAIN", "1I", "NOCOMPRESS"],
    ["LIST", "1PI(40)", "GZIP_2"],
  ].flatMap(([name = "", form = "", algorithm = ""], i) => [
    [`TTYPE${i + 1}`, name],
    [`TFORM${i + 1}`, "1QB"],
    [`ZFORM${i + 1}`, form],
    [`ZCTYP${i + 1}`, algorithm],
  ]);
  const cards = {
    ...{ XTENSION: "BINTABLE", BITPIX: 8, NAXIS: 2, NAXIS1: 80, NAXIS2: 2, PCOUNT: heap.length, GCOUNT: 1, TFIELDS: 5 },
    ...Object.fromEntries(columns),
    ...{ ZTABLE: true, ZTILELEN: 3, ZNAXIS1: 18, ZNAXIS2: 5, ZPCOUNT: 90, EXTNAME: "EVENTS", ...changes },
  };
  const data = Buffer.concat([rows, heap]);
  const padding = Buffer.alloc((2880 - (data.length % 2880)) % 2880);
  const primary = encodeHeader(Header.from({ SIMPLE: true, BITPIX: 8, NAXIS: 0, EXTEND: true }).cards);
  return new Uint8Array(Buffer.concat([primary, encodeHeader(Header.from(cards).cards), data, padding]));
}
