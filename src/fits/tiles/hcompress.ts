import { type BitReader, bitReader } from "./bit-reader.ts";
import { invertTransform } from "./h-transform.ts";
import type { Fail } from "./rice.ts";

export interface HcompressTile {
  readonly width: number;
  readonly height: number;
  /** Smooth what a lossy scale has made blocky, as the parameter SMOOTH of the file asks. */
  readonly smooth: boolean;
}

const magic = 0xdd99;
const headerBytes = 25;
/** Coefficients beyond this many bits are no sums of 32-bit pixels. */
const planeLimit = 52;

/** The fewest bytes that a tile can take: its header, and the nibble that ends it. */
export const hcompressLeastBytes = headerBytes + 1;

/**
 * Decodes HCOMPRESS_1 (FITS 4.0 §10.4.3; White 1992): the coefficients of an H-transform, bit plane by bit plane of each
 * quadrant, as quadtrees or as they are; then their signs. Pixels are exact as long as they fit in 32 bits.
 */
export function decodeHcompress(
  bytes: Uint8Array,
  start: number,
  end: number,
  tile: HcompressTile,
  fail: Fail,
): Float64Array {
  const { width, height } = tile;
  checkHcompress(bytes, start, end, tile, fail);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, headerBytes);
  const scale = view.getInt32(10);
  const sum = Number(view.getBigInt64(14));
  const [whole, half, rest] = [view.getUint8(22), view.getUint8(23), view.getUint8(24)];
  if (Math.max(whole, half, rest) > planeLimit)
    throw fail(`${Math.max(whole, half, rest)} bit planes; at most ${planeLimit} make sense.`);

  const values = new Float64Array(width * height);
  const reader = bitReader(bytes, start + headerBytes, end, fail);
  const [right, below] = [width >> 1, height >> 1];
  const [left, above] = [width - right, height - below];
  const quadrants = [
    { at: 0, width: left, height: above, planes: whole },
    { at: left, width: right, height: above, planes: half },
    { at: width * above, width: left, height: below, planes: half },
    { at: width * above + left, width: right, height: below, planes: rest },
  ];
  for (const quadrant of quadrants) readPlanes(reader, values, width, quadrant, fail);
  if (reader.bits(4) !== 0) throw fail("the bit planes do not end where they should.");
  reader.toNextByte();
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number;
    if (value !== 0 && reader.bits(1) === 1) values[index] = -value;
  }
  values[0] = sum;
  if (scale > 1)
    for (let index = 0; index < values.length; index += 1) values[index] = (values[index] as number) * scale;
  invertTransform(values, width, height, tile.smooth ? scale : 0);
  return values;
}

/** Holds what the tile says of its size against its place; done before anything is allocated, as a blank tile needs few bytes. */
export function checkHcompress(bytes: Uint8Array, start: number, end: number, tile: HcompressTile, fail: Fail): void {
  if (end - start < hcompressLeastBytes) throw fail(`${end - start} bytes are too few for a header.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, headerBytes);
  if (view.getUint16(0) !== magic) throw fail("the tile does not start with the two bytes of HCOMPRESS.");
  const rows = view.getInt32(2);
  const columns = view.getInt32(6);
  if (rows === tile.height && columns === tile.width) return;
  throw fail(`the tile says that it is ${columns} × ${rows} pixels; its place is ${tile.width} × ${tile.height}.`);
}

interface Quadrant {
  /** Index of its first coefficient. */
  readonly at: number;
  readonly width: number;
  readonly height: number;
  readonly planes: number;
}

function readPlanes(reader: BitReader, values: Float64Array, stride: number, quadrant: Quadrant, fail: Fail): void {
  const { width, height, planes } = quadrant;
  // A quadrant without pixels, of a tile one pixel wide, still has codes.
  const blocks = Math.max(1, (width + 1) >> 1) * Math.max(1, (height + 1) >> 1);
  let codes = new Uint8Array(blocks);
  let spare = new Uint8Array(blocks);
  const depth = 32 - Math.clz32(Math.max(width, height, 1) - 1);
  for (let plane = planes - 1; plane >= 0; plane -= 1) {
    const kind = reader.bits(4);
    if (kind === 0) {
      reader.nibbles(codes, blocks);
    } else if (kind === 15) {
      codes[0] = readCode(reader);
      for (let level = depth - 1; level >= 1; level -= 1) {
        // Half-sizes, rounded up each time, from the quadrant's own down to 1.
        const [columns, rows] = [halved(width, level), halved(height, level)];
        expand(codes, columns, rows, spare);
        for (let index = columns * rows - 1; index >= 0; index -= 1)
          if (spare[index] !== 0) spare[index] = readCode(reader);
        [codes, spare] = [spare, codes];
      }
    } else {
      throw fail(`a bit plane of the kind ${kind}; 0 and 15 are known.`);
    }
    insertPlane(codes, values, stride, quadrant, 2 ** plane);
  }
}

function halved(length: number, times: number): number {
  return Math.max(1, Math.ceil(length / 2 ** times));
}

/** Spreads each code's four bits over two columns and two rows; those off the edge are left out. */
function expand(codes: Uint8Array, columns: number, rows: number, into: Uint8Array): void {
  let block = 0;
  for (let row = 0; row < rows; row += 2) {
    const below = row + 1 < rows;
    for (let column = 0; column < columns; column += 2) {
      const code = codes[block++] as number;
      const at = row * columns + column;
      const beside = column + 1 < columns;
      into[at] = code >> 3;
      if (beside) into[at + 1] = (code >> 2) & 1;
      if (below) into[at + columns] = (code >> 1) & 1;
      if (below && beside) into[at + columns + 1] = code & 1;
    }
  }
}

function insertPlane(
  codes: Uint8Array,
  values: Float64Array,
  stride: number,
  quadrant: Quadrant,
  weight: number,
): void {
  let block = 0;
  for (let row = 0; row < quadrant.height; row += 2) {
    const below = row + 1 < quadrant.height;
    for (let column = 0; column < quadrant.width; column += 2) {
      const code = codes[block++] as number;
      if (code === 0) continue;
      const at = quadrant.at + row * stride + column;
      const beside = column + 1 < quadrant.width;
      if (code & 8) values[at] = (values[at] as number) + weight;
      if (code & 4 && beside) values[at + 1] = (values[at + 1] as number) + weight;
      if (code & 2 && below) values[at + stride] = (values[at + stride] as number) + weight;
      if (code & 1 && below && beside) values[at + stride + 1] = (values[at + stride + 1] as number) + weight;
    }
  }
}

/** The fixed Huffman code of the quadtrees: 3 bits for one pixel of four, up to 6 for none of them. */
function readCode(reader: BitReader): number {
  const three = reader.bits(3);
  if (three < 4) return 1 << three;
  const four = (three << 1) | reader.bits(1);
  if (four < 13) return [3, 5, 10, 12, 15][four - 8] as number;
  const five = (four << 1) | reader.bits(1);
  if (five < 31) return [6, 7, 9, 11, 13][five - 26] as number;
  return reader.bits(1) === 0 ? 0 : 14;
}
