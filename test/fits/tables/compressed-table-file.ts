import { gzipSync } from "node:zlib";
import { encodeHeader, Header, type HeaderRecord } from "../../../src/fits/index.ts";
import { encodeRice } from "../../../src/fits/tiles/encode-rice.ts";
import { shuffle } from "../../../src/fits/tiles/gzip-tile.ts";

export const shorts = Int16Array.of(1, -2, 300, 4, 5);
export const reals = Float32Array.of(1.5, -2, 1e9, 0, 7);

function bigEndian(array: Int16Array | Float32Array): Buffer {
  const bytes = Buffer.from(array.slice().buffer);
  return array instanceof Int16Array ? bytes.swap16() : bytes.swap32();
}

function rice(values: Int16Array): Uint8Array {
  const output = new Uint8Array(100);
  return output.subarray(0, encodeRice(values, output, { blockSize: 32, pixelBytes: 2 }));
}

/** Five rows in tiles of three, each of four columns compressed in a way of its own. */
export function compressedTable(changes: HeaderRecord = {}): Uint8Array {
  const tiles = [
    [0, 3],
    [3, 5],
  ].map(([from, to]) => {
    const own = bigEndian(shorts.slice(from, to));
    const text = Buffer.from("abcdefghij".slice(2 * (from ?? 0), 2 * (to ?? 0)));
    const gzipped = gzipSync(shuffle(bigEndian(reals.slice(from, to)), 4));
    return [rice(shorts.slice(from, to)), gzipped, gzipSync(text), own];
  });
  const heap = Buffer.concat(tiles.flat());
  const rows = Buffer.alloc(2 * 4 * 16);
  let at = 0;
  for (const [index, bytes] of tiles.flat().entries()) {
    rows.writeBigInt64BE(BigInt(bytes.length), 16 * index);
    rows.writeBigInt64BE(BigInt(at), 16 * index + 8);
    at += bytes.length;
  }
  const columns = [
    ["SHORT", "1I", "RICE_1"],
    ["REAL", "1E", "GZIP_2"],
    ["TEXT", "2A", "GZIP_1"],
    ["PLAIN", "1I", "NOCOMPRESS"],
  ].flatMap(([name = "", form = "", algorithm = ""], i) => [
    [`TTYPE${i + 1}`, name],
    [`TFORM${i + 1}`, "1QB"],
    [`ZFORM${i + 1}`, form],
    [`ZCTYP${i + 1}`, algorithm],
  ]);
  const cards = {
    ...{ XTENSION: "BINTABLE", BITPIX: 8, NAXIS: 2, NAXIS1: 64, NAXIS2: 2, PCOUNT: heap.length, GCOUNT: 1, TFIELDS: 4 },
    ...Object.fromEntries(columns),
    ...{ ZTABLE: true, ZTILELEN: 3, ZNAXIS1: 10, ZNAXIS2: 5, ZPCOUNT: 0, EXTNAME: "EVENTS", ...changes },
  };
  const data = Buffer.concat([rows, heap]);
  const padding = Buffer.alloc((2880 - (data.length % 2880)) % 2880);
  const primary = encodeHeader(Header.from({ SIMPLE: true, BITPIX: 8, NAXIS: 0, EXTEND: true }).cards);
  return new Uint8Array(Buffer.concat([primary, encodeHeader(Header.from(cards).cards), data, padding]));
}
