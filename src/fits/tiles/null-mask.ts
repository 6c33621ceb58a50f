import type { StructureCards } from "../structure-cards.ts";
import { type BinaryTable, type HeapRange, heapRange } from "../tables/binary-table.ts";
import { gunzipTile, gzipLeastBytes, unshuffle } from "./gunzip-tile.ts";
import { decodePlio, plioLeastBytes } from "./plio.ts";
import { decodeRice, type Fail, riceLeastBytes, riceOverreadBytes } from "./rice.ts";
import type { Tile } from "./tile-grid.ts";

/** Which pixels of a tile are undefined: 1 each, else 0. */
export type TileMask = Uint8Array;

/** The masks of the column NULL_PIXEL_MASK, where a table has one (FITS 4.0 §10.1.3). */
export interface NullMasks {
  /** Where the mask of a tile lies in the data unit; `undefined` of a tile without undefined pixels. */
  range(tile: Tile, fail: Fail): HeapRange | undefined;
  decode(bytes: Uint8Array<ArrayBuffer>, tile: Tile, fail: Fail): TileMask;
}

const algorithms: readonly string[] = ["RICE_1", "GZIP_1", "GZIP_2", "PLIO_1", "NOCOMPRESS"];

/** The name of an algorithm that no mask is known to be compressed with, or `undefined`. */
export function unknownMaskAlgorithm(cards: StructureCards): string | undefined {
  const name = cards.text("ZMASKCMP");
  return name === undefined || algorithms.includes(name) ? undefined : name;
}

export function nullMasks(table: BinaryTable, cards: StructureCards, rows: DataView): NullMasks | undefined {
  const column = table.columns.find(({ name }) => name.toUpperCase() === "NULL_PIXEL_MASK");
  if (column === undefined) return undefined;
  if (column.descriptor === undefined)
    throw cards.invalid("the column NULL_PIXEL_MASK holds no variable-length arrays; masks are stored as such.");
  const algorithm = cards.text("ZMASKCMP");
  let total = 0;
  return {
    range({ index }, fail) {
      const range = heapRange(rows, index * table.rowBytes + column.offsetBytes, column, table);
      if (range === undefined) throw fail("its mask would lie outside of the heap.");
      if (range.count === 0) return undefined;
      if (algorithm === undefined)
        throw fail("it has a mask of undefined pixels, and no ZMASKCMP says how it is read.");
      total += range.sizeBytes;
      if (total > 16 * table.dataSizeBytes) throw fail("many masks share the same bytes of the heap.");
      return range;
    },
    decode: (bytes, { count }, fail) => checked(decoded(bytes, algorithm, count, fail), count, fail),
  };
}

/**
 * The standard does not say how long the elements of a mask are. Of most algorithms that shows in what they unpack to; of RICE_1 they are
 * taken to be bytes in blocks of 32, as nom.tam.fits writes them. Neither cfitsio nor astropy knows masks.
 */
function decoded(bytes: Uint8Array<ArrayBuffer>, algorithm: string | undefined, count: number, fail: Fail) {
  const least = { RICE_1: riceLeastBytes(count, rice), PLIO_1: plioLeastBytes, NOCOMPRESS: count }[algorithm ?? ""];
  if (bytes.length < (least ?? gzipLeastBytes(count)))
    throw fail(`a mask of ${bytes.length} bytes cannot hold ${count} pixels.`);
  switch (algorithm) {
    case "RICE_1": {
      const padded = new Uint8Array(bytes.length + riceOverreadBytes);
      padded.set(bytes);
      const output = new Uint8Array(count);
      decodeRice(new DataView(padded.buffer), 0, bytes.length, output, rice, fail);
      return output;
    }
    case "PLIO_1": {
      const output = new Int32Array(count);
      decodePlio(bytes, 0, bytes.length, output, fail);
      return output;
    }
    case "NOCOMPRESS":
      return lastBytes(bytes, count, fail);
    default: {
      const plain = gunzipTile(bytes, count * 8, fail);
      const isWhole = plain.length % count === 0;
      return lastBytes(algorithm === "GZIP_2" && isWhole ? unshuffle(plain, plain.length / count) : plain, count, fail);
    }
  }
}

const rice = { blockSize: 32, pixelBytes: 1 } as const;

/** Big-endian elements that are 0 or 1, of whatever length. */
function lastBytes(bytes: Uint8Array, count: number, fail: Fail): Uint8Array {
  const width = bytes.length / count;
  if (![1, 2, 4, 8].includes(width)) throw fail(`a mask of ${bytes.length} bytes for ${count} pixels.`);
  return Uint8Array.from({ length: count }, (_, i) => {
    const element = bytes.subarray(i * width, (i + 1) * width);
    return element.subarray(0, -1).every((byte) => byte === 0) ? (element[width - 1] as number) : 2;
  });
}

function checked(values: Uint8Array | Int32Array, count: number, fail: Fail): TileMask {
  const mask = new Uint8Array(count);
  for (let i = 0; i < count; i += 1) {
    const value = values[i] as number;
    if (value !== 0 && value !== 1) throw fail(`its mask holds ${value} at pixel ${i + 1}; 0 and 1 are known.`);
    mask[i] = value;
  }
  return mask;
}
