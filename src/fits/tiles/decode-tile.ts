import { fitsTileKernels, tileKernels } from "../../kernels/tile-kernels.ts";
import { swapWords } from "../byte-order.ts";
import type { StructureCards } from "../structure-cards.ts";
import { elementBytes } from "../tables/binary-form.ts";
import { gunzipTile, gzipLeastBytes, unshuffle } from "./gunzip-tile.ts";
import { checkHcompress, decodeHcompress, type HcompressTile, hcompressLeastBytes } from "./hcompress.ts";
import { decodePlio, plioLeastBytes } from "./plio.ts";
import {
  decodeRice,
  type Fail,
  type RiceOutput,
  type RiceParameters,
  riceCode,
  riceCut,
  riceLeastBytes,
} from "./rice.ts";
import type { Tile } from "./tile-grid.ts";
import type { StoredTile } from "./tile-table.ts";
import type { TiledImage } from "./tiled-image.ts";

export type TileIntegers = Int32Array | Int16Array | Uint8Array | BigInt64Array;
export type TileValues = TileIntegers | Float32Array | Float64Array;

export interface TileDecoder {
  /** Refuses bytes that cannot hold the tile, as far as can be told without decoding it: before anything is allocated. */
  check(bytes: Uint8Array, stored: StoredTile, tile: Tile, fail: Fail): void;
  /** The tile's values in this machine's order, valid until the next call. */
  decode(bytes: Uint8Array, stored: StoredTile, tile: Tile, fail: Fail): TileValues;
}

/**
 * The decoder of an image's tiles by ZCMPTYPE and its parameters ZNAMEi, ZVALi. In a float image that is `quantized`, elements
 * of 4 bytes without a type of their own are integers.
 *
 * @returns `undefined` for an algorithm that is not known
 */
export function tileDecoder(tiles: TiledImage, quantized: boolean, cards: StructureCards): TileDecoder | undefined {
  const compressed = decoderOf(tiles, quantized, cards);
  if (compressed === undefined) return undefined;
  const mostBytes = (count: number) => count * 8;
  return {
    check(bytes, { kind, offset, sizeBytes }, tile, fail) {
      const { count } = tile;
      const least = { compressed: compressed.leastBytes(count), gzip: gzipLeastBytes(count), uncompressed: count }[
        kind
      ];
      if (sizeBytes < least) {
        throw fail(`${sizeBytes} bytes cannot hold ${count} pixels; ${least} are the least.`);
      }
      if (kind === "compressed") compressed.check?.(bytes, offset, offset + sizeBytes, tile, fail);
    },
    decode(bytes, stored, tile, fail) {
      const end = stored.offset + stored.sizeBytes;
      const own = bytes.subarray(stored.offset, end);
      if (stored.kind === "compressed") return compressed.decode(bytes, stored.offset, end, tile, fail);
      if (stored.kind === "gzip") {
        return elements(gunzipTile(own, mostBytes(tile.count), fail), tile.count, tiles.bitpix < 0 ? [4, 8] : [], fail);
      }
      const { code } = stored.column;
      if (stored.count !== tile.count) throw fail(`${stored.count} values for a tile of ${tile.count} pixels.`);
      if (!"BIJKED".includes(code)) throw fail(`uncompressed pixels of the type ${code}.`);
      return elements(own.slice(), tile.count, code === "E" || code === "D" ? [4, 8] : [], fail, elementBytes(code, 1));
    },
  };
}

interface Algorithm {
  leastBytes(count: number): number;
  /** What can be told of a tile before it is decoded. */
  check?(bytes: Uint8Array, start: number, end: number, tile: Tile, fail: Fail): void;
  decode(bytes: Uint8Array, start: number, end: number, tile: Tile, fail: Fail): TileValues;
}

function decoderOf(tiles: TiledImage, quantized: boolean, cards: StructureCards): Algorithm | undefined {
  const integers = reusedArray(Int32Array);
  const reals = tiles.bitpix > 0 ? [] : quantized ? [8] : [4, 8];
  switch (tiles.algorithm) {
    case "RICE_1": {
      const parameters = riceParameters(cards);
      const pixels = reusedArray<RiceOutput>(riceArrays[parameters.pixelBytes]);
      const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return {
        leastBytes: (count) => riceLeastBytes(count, parameters),
        decode(bytes, start, end, { count }, fail) {
          if (fitsTileKernels(count, end - start)) {
            const found = tileKernels().decodeRice(bytes.subarray(start, end), { count, ...parameters });
            if (found === "cut") throw riceCut(fail);
            if (typeof found === "number") throw riceCode(found, parameters, fail);
            return found;
          }
          const output = pixels(count);
          decodeRice(viewOf(bytes), start, end, output, parameters, fail);
          return output;
        },
      };
    }
    case "PLIO_1":
      return {
        leastBytes: () => plioLeastBytes,
        decode(bytes, start, end, { count }, fail) {
          const output = integers(count);
          decodePlio(bytes, start, end, output, fail);
          return output;
        },
      };
    case "HCOMPRESS_1": {
      const smooth = parameterNamed(cards, "SMOOTH", 2, 0) !== 0;
      return {
        leastBytes: () => hcompressLeastBytes,
        check: (bytes, start, end, tile, fail) => checkHcompress(bytes, start, end, planeOf(tile, smooth, fail), fail),
        decode(bytes, start, end, tile, fail) {
          const output = integers(tile.count);
          output.set(decodeHcompress(bytes, start, end, planeOf(tile, smooth, fail), fail));
          return output;
        },
      };
    }
    case "GZIP_1":
    case "GZIP_2": {
      const shuffled = tiles.algorithm === "GZIP_2";
      return {
        leastBytes: gzipLeastBytes,
        decode(bytes, start, end, { count }, fail) {
          const plain = gunzipTile(bytes.subarray(start, end), count * 8, fail);
          const ordered = shuffled && plain.length % count === 0 ? unshuffle(plain, plain.length / count) : plain;
          return elements(ordered, count, reals, fail);
        },
      };
    }
    case "NOCOMPRESS":
      return {
        leastBytes: (count) => count,
        decode: (bytes, start, end, { count }, fail) => elements(bytes.slice(start, end), count, reals, fail),
      };
    default:
      return undefined;
  }
}

/** Of a tile in a cube only two axes are longer than one pixel. */
function planeOf({ lengths }: Tile, smooth: boolean, fail: Fail): HcompressTile {
  const [first = 1, second = 1, ...more] = lengths.filter((length) => length > 1);
  if (more.length > 0) throw fail(`HCOMPRESS_1 knows two axes; the tile is ${lengths.join(" × ")}.`);
  const column = lengths[0] === 1 && second === 1;
  return column ? { width: 1, height: first, smooth } : { width: first, height: second, smooth };
}

/** Big-endian elements as numbers. How long one is follows from how many there are; those of the lengths in `reals` are reals. */
function elements(
  bytes: Uint8Array<ArrayBuffer>,
  count: number,
  reals: readonly number[],
  fail: Fail,
  wordBytes = bytes.length / count,
): TileValues {
  if (bytes.length !== count * wordBytes || ![1, 2, 4, 8].includes(wordBytes)) {
    throw fail(`${bytes.length} bytes of pixels; the tile has ${count} pixels.`);
  }
  const aligned = bytes.byteOffset % wordBytes === 0 ? bytes : bytes.slice();
  swapWords(aligned, wordBytes);
  const { buffer, byteOffset } = aligned;
  if (wordBytes === 1) return aligned;
  if (wordBytes === 2) return new Int16Array(buffer, byteOffset, count);
  const type = reals.includes(wordBytes) ? { 4: Float32Array, 8: Float64Array } : { 4: Int32Array, 8: BigInt64Array };
  return new type[wordBytes as 4 | 8](buffer, byteOffset, count);
}

function riceParameters(cards: StructureCards): RiceParameters {
  const blockSize = parameterNamed(cards, "BLOCKSIZE", 1, 32);
  const pixelBytes = parameterNamed(cards, "BYTEPIX", 2, 4);
  if (!Number.isInteger(blockSize) || blockSize < 1 || blockSize > 2 ** 20)
    throw cards.invalid(`BLOCKSIZE of RICE_1 is ${blockSize}.`);
  if (pixelBytes !== 1 && pixelBytes !== 2 && pixelBytes !== 4) {
    throw cards.invalid(`BYTEPIX of RICE_1 is ${pixelBytes}; 1, 2 and 4 are known.`);
  }
  return { blockSize, pixelBytes };
}

/** ZVALi beside the ZNAMEi of that name, or at its usual place where there are no names. */
function parameterNamed(cards: StructureCards, name: string, usual: number, standard: number): number {
  const value = (index: number) => {
    const found = cards.value(`ZVAL${index}`);
    if (found === undefined) return standard;
    // Writers spell a switch as a number or as a logical.
    const number = typeof found === "string" ? Number.NaN : Number(found.valueOf());
    if (!Number.isFinite(number))
      throw cards.invalid(`ZVAL${index}, the ${name} of the tiles, is "${found}"; expected a number.`);
    return number;
  };
  for (let index = 1; index <= 999; index += 1) {
    const found = cards.text(`ZNAME${index}`);
    if (found === undefined) return index === 1 ? value(usual) : standard;
    if (found.toUpperCase() === name) return value(index);
  }
  return standard;
}

const riceArrays = { 1: Uint8Array, 2: Int16Array, 4: Int32Array } as const;

/** Arrays of the length asked for, in one memory. */
function reusedArray<T extends RiceOutput>(type: new (length: number) => T): (length: number) => T {
  let memory = new type(0);
  return (length) => {
    if (memory.length < length) memory = new type(length);
    return memory.subarray(0, length) as T;
  };
}
