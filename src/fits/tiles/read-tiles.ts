import { tileKernelPixels, tileKernels } from "../../kernels/tile-kernels.ts";
import { badFile } from "../bad-file.ts";
import type { Bitpix } from "../bitpix.ts";
import { structureCards } from "../structure-cards.ts";
import { binaryTable } from "../tables/binary-table.ts";
import { type TileDecoder, type TileIntegers, type TileValues, tileDecoder } from "./decode-tile.ts";
import { dequantize, quantitiesOf } from "./dequantize.ts";
import { type NullMasks, nullMasks, type TileMask, unknownMaskAlgorithm } from "./null-mask.ts";
import type { Fail } from "./rice.ts";
import { forEachRun, type Tile, tilesOf } from "./tile-grid.ts";
import { type StoredTile, type TileTable, tileTable } from "./tile-table.ts";
import type { TiledImage } from "./tiled-image.ts";

export interface TilesPlace {
  readonly file: string;
  readonly hdu: number;
  readonly headerOffset: number;
  readonly dataOffset: number;
}

/** The pixels as the image stores them uncompressed, but in this machine's order. */
export interface StoredPixels {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Integer pixels that are undefined though no BLANK says so; `undefined` where BLANK tells all. */
  readonly undefinedAt: readonly number[] | undefined;
}

/** How many pixels are decoded before others get their turn. */
const turnPixels = 2 ** 22;

/**
 * Decodes the tiles of an image out of its data unit. Each tile's bytes are held against its pixels before the image is
 * allocated.
 *
 * @param data the data unit, with `riceOverreadBytes` more behind it
 */
export async function readTiles(
  tiles: TiledImage,
  data: Uint8Array<ArrayBuffer>,
  dataSizeBytes: number,
  place: TilesPlace,
  signal: AbortSignal | undefined,
): Promise<StoredPixels> {
  const { table, decoder, masks, failAt, rowFail } = await openTiles(tiles, dataSizeBytes, place, () => data);
  const unit = data.subarray(0, dataSizeBytes);
  checkTiles(tiles, table, decoder, unit, rowFail);
  const keep = tileKeeper(tiles, table, masks);
  let since = 0;
  for (const tile of tilesOf(tiles)) {
    signal?.throwIfAborted();
    const stored = table.stored(tile.index) as StoredTile;
    const fail = failAt(tile, place.dataOffset + stored.offset);
    const range = masks?.range(tile, rowFail(tile));
    const mask = range && masks?.decode(unit.slice(range.offset, range.offset + range.sizeBytes), tile, fail);
    keep.add(decoder.decode(data, stored, tile, fail), tile, fail, mask);
    since += tile.count;
    if (since >= turnPixels) {
      since = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return keep.pixels();
}

/** What is known of the tiles of an image before one of them is read. */
export interface OpenTiles {
  readonly table: TileTable;
  readonly decoder: TileDecoder;
  readonly masks: NullMasks | undefined;
  /** An error of a tile, of its bytes at an offset of the file. */
  failAt(tile: Tile, offset: number): Fail;
  /** An error of what the table says of a tile. */
  rowFail(tile: Tile): Fail;
}

/** @param readRows gives the rows of the table: so many bytes, or more, from the data unit's first on */
export async function openTiles(
  tiles: TiledImage,
  dataSizeBytes: number,
  place: TilesPlace,
  readRows: (sizeBytes: number) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>,
): Promise<OpenTiles> {
  const at = { file: place.file, hdu: place.hdu };
  const cards = structureCards(tiles.header, { ...at, offset: place.headerOffset });
  const layout = binaryTable(cards, dataSizeBytes);
  const rows = await readRows(layout.rowBytes * layout.rowCount);
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const table = tileTable(tiles.header, layout, cards, view);
  const decoder = tileDecoder(tiles, table.quantization !== undefined, cards);
  if (decoder === undefined) {
    const known = "RICE_1, GZIP_1, GZIP_2, HCOMPRESS_1, PLIO_1 and NOCOMPRESS";
    throw badFile("FITS_UNSUPPORTED", `the image is compressed with ${tiles.algorithm}; ${known} are known.`, at);
  }
  const masks = nullMasks(layout, cards, view);
  const unknown = masks && unknownMaskAlgorithm(cards);
  if (unknown !== undefined) {
    const problem = `the mask of undefined pixels is compressed with ${unknown} (ZMASKCMP); RICE_1, GZIP_1, GZIP_2, PLIO_1 and NOCOMPRESS are known.`;
    throw badFile("FITS_UNSUPPORTED", problem, at);
  }
  const failAt =
    (tile: Tile, offset: number): Fail =>
    (problem) =>
      badFile("FITS_INVALID", `tile ${tile.index + 1} of ${tiles.tileCount}: ${problem}`, { ...at, offset });
  return {
    table,
    decoder,
    masks,
    failAt,
    rowFail: (tile) => failAt(tile, place.dataOffset + tile.index * layout.rowBytes),
  };
}

/** Refuses tiles whose bytes are not there, too few for their pixels, or used by many tiles at once. */
function checkTiles(
  tiles: TiledImage,
  table: TileTable,
  decoder: TileDecoder,
  data: Uint8Array,
  failAt: (tile: Tile) => Fail,
): void {
  let total = 0;
  for (const tile of tilesOf(tiles)) {
    const stored = table.stored(tile.index);
    if (stored === undefined) throw failAt(tile)("the row of the table has no bytes for it.");
    if (stored === "outside") throw failAt(tile)("its bytes would lie outside of the heap.");
    decoder.check(data, stored, tile, failAt(tile));
    total += stored.sizeBytes;
    if (total > 16 * data.length) throw failAt(tile)("many tiles share the same bytes of the heap.");
  }
}

interface Keeper {
  add(values: TileValues, tile: Tile, fail: Fail, mask?: TileMask): void;
  readonly undefinedAt: number[] | undefined;
}

/** Puts decoded tiles where they lie in an image of the axes of `tiles`. */
export function tileKeeper(
  tiles: TiledImage,
  table: TileTable,
  masks: NullMasks | undefined,
): Pick<Keeper, "add"> & { pixels(): StoredPixels } {
  const image = arrayOf(
    tiles.bitpix,
    tiles.axes.reduce((product, length) => product * length, 1),
  );
  const keep =
    image instanceof Float32Array || image instanceof Float64Array
      ? realTiles(tiles, table, image)
      : integerTiles(tiles, table, image, masks !== undefined);
  return {
    add: keep.add,
    pixels: () => ({ bytes: new Uint8Array(image.buffer, 0, image.byteLength), undefinedAt: keep.undefinedAt }),
  };
}

/** The reals of a tile, in the precision of `like`; valid until the next call. */
export function tileReals(table: TileTable, like: Float32Array | Float64Array) {
  const { quantization } = table;
  let memory = like.slice(0, 0);
  return (values: TileValues, tile: Tile, fail: Fail): Float32Array | Float64Array => {
    if (values instanceof Float32Array || values instanceof Float64Array) return values;
    if (values instanceof BigInt64Array) throw fail("quantised pixels are integers of at most 32 bits.");
    const how = {
      scale: quantization?.scale(tile.index) ?? 1,
      zero: quantization?.zero(tile.index) ?? 0,
      blank: table.blank(tile.index),
      dither: quantization?.dither ?? "NO_DITHER",
      ditherIndex: tile.index + table.ditherSeed - 1,
    };
    if (values instanceof Int32Array && values.length <= tileKernelPixels) {
      return tileKernels().dequantize(values, quantitiesOf(how), like instanceof Float32Array ? "float32" : "float64");
    }
    if (memory.length < values.length) {
      memory = like instanceof Float32Array ? new Float32Array(values.length) : new Float64Array(values.length);
    }
    const reals = memory.subarray(0, values.length);
    dequantize(values, how, reals);
    return reals;
  };
}

function realTiles({ axes }: TiledImage, table: TileTable, image: Float32Array | Float64Array): Keeper {
  const reals = tileReals(table, image);
  return {
    undefinedAt: undefined,
    add(values, tile, fail, mask) {
      const pixels = reals(values, tile, fail);
      mask?.forEach((isUndefined, i) => {
        if (isUndefined === 1) pixels[i] = Number.NaN;
      });
      forEachRun(tile, axes, (inTile, inImage, length) => image.set(pixels.subarray(inTile, inTile + length), inImage));
    },
  };
}

function integerTiles(
  tiles: TiledImage,
  table: TileTable,
  image: Exclude<TileValues, Float32Array | Float64Array>,
  hasMasks: boolean,
): Keeper {
  const { header, axes, bitpix, algorithm } = tiles;
  const undefinedAt: number[] | undefined = table.hasBlankColumn || hasMasks ? [] : undefined;
  // Line lists hold no negative numbers: unsigned 16-bit pixels stand in them without the offset (as all writers do).
  const offset = algorithm === "PLIO_1" && Number(header.get("BZERO")) === 32768 ? 32768 : 0;
  return {
    undefinedAt,
    add(values, tile, fail, mask) {
      place(values, tile, fail);
      if (mask === undefined) return;
      const blank = table.hasBlankColumn ? undefined : table.blank(tile.index);
      const spelt = blank === undefined ? undefined : image instanceof BigInt64Array ? BigInt(blank) : blank;
      forEachRun(tile, axes, (inTile, inImage, length) => {
        for (let index = 0; index < length; index += 1) {
          if (mask[inTile + index] !== 1) continue;
          const at = inImage + index;
          // What the image's type does not hold it cannot say.
          if (spelt !== undefined) image[at] = spelt;
          if (spelt === undefined || image[at] !== spelt) undefinedAt?.push(at);
        }
      });
    },
  };

  function place(values: TileValues, tile: Tile, fail: Fail): void {
    if (values instanceof Float32Array || values instanceof Float64Array) throw realsInIntegers(bitpix, fail);
    const { quantization } = table;
    if (quantization !== undefined && (quantization.scale(tile.index) !== 1 || quantization.zero(tile.index) !== 0)) {
      throw fail("integer pixels with ZSCALE or ZZERO are not known; only quantised reals have them.");
    }
    if (table.hasBlankColumn && undefinedAt !== undefined)
      noteUndefined(values, table.blank(tile.index), tile, axes, undefinedAt);
    if (image instanceof BigInt64Array) {
      const long = values instanceof BigInt64Array ? values : BigInt64Array.from(values, BigInt);
      forEachRun(tile, axes, (inTile, inImage, length) => image.set(long.subarray(inTile, inTile + length), inImage));
      return;
    }
    if (values instanceof BigInt64Array) throw fail(`64-bit pixels in an image of BITPIX ${bitpix}.`);
    if (offset !== 0)
      for (let index = 0; index < values.length; index += 1) values[index] = (values[index] as number) - offset;
    if (values.BYTES_PER_ELEMENT > image.BYTES_PER_ELEMENT) narrow(values, bitpix, algorithm === "HCOMPRESS_1", fail);
    forEachRun(tile, axes, (inTile, inImage, length) => image.set(values.subarray(inTile, inTile + length), inImage));
  }
}

function noteUndefined(
  values: TileIntegers,
  blank: number | undefined,
  tile: Tile,
  axes: readonly number[],
  into: number[],
): void {
  forEachRun(tile, axes, (inTile, inImage, length) => {
    for (let index = 0; index < length; index += 1) {
      if (Number(values[inTile + index]) === blank) into.push(inImage + index);
    }
  });
}

/** The integers of a tile of an image of at most 32 bits; @throws where they do not fit. */
export function integersOf(values: TileValues, bitpix: Bitpix, fail: Fail): Int32Array | Int16Array | Uint8Array {
  if (values instanceof Float32Array || values instanceof Float64Array) throw realsInIntegers(bitpix, fail);
  if (values instanceof BigInt64Array) throw fail(`64-bit pixels in an image of BITPIX ${bitpix}.`);
  if (values.BYTES_PER_ELEMENT * 8 > bitpix) narrow(values, bitpix, false, fail);
  return values;
}

function realsInIntegers(bitpix: Bitpix, fail: Fail): Error {
  return fail(`reals in an image of BITPIX ${bitpix}.`);
}

/** Sees to it that wider integers fit in the image's type. A lossy algorithm may step over its ends: there it is cut. */
function narrow(values: Int32Array | Int16Array | Uint8Array, bitpix: Bitpix, lossy: boolean, fail: Fail): void {
  const [lowest, highest] = bitpix === 8 ? [0, 255] : [-32768, 32767];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number;
    if (value >= lowest && value <= highest) continue;
    if (!lossy) throw fail(`the pixel value ${value} in an image of BITPIX ${bitpix}.`);
    values[index] = value < lowest ? lowest : highest;
  }
}

function arrayOf(bitpix: Bitpix, length: number) {
  if (bitpix === 8) return new Uint8Array(length);
  if (bitpix === 16) return new Int16Array(length);
  if (bitpix === 32) return new Int32Array(length);
  if (bitpix === 64) return new BigInt64Array(length);
  return bitpix === -32 ? new Float32Array(length) : new Float64Array(length);
}
