import type { ByteSource } from "../core/byte-source.ts";
import { lentMemory } from "../core/lent-memory.ts";
import { type NdArray, sizeOf } from "../core/ndarray.ts";
import { badFile } from "./bad-file.ts";
import type { Bitpix } from "./bitpix.ts";
import { swapWords } from "./byte-order.ts";
import type { Hdu } from "./hdu.ts";
import { view } from "./read-image.ts";

/** How an image that is not compressed is taken in pieces along its slowest axis. */
export interface PieceLayout {
  readonly bitpix: Bitpix;
  readonly shape: readonly number[];
  /** Along the slowest axis, a multiple of `depth`; the last piece has what is left. */
  readonly positions: number;
  readonly positionBytes: number;
  readonly count: number;
}

/** Pieces of about `pieceBytes`, each of a multiple of `depth` positions. */
export function pieceLayout(
  { bitpix, shape }: Pick<Hdu, "bitpix" | "shape">,
  depth: number,
  pieceBytes: number,
): PieceLayout {
  const [length = 0, ...others] = shape;
  const positionBytes = (Math.abs(bitpix) / 8) * (others.length === 0 ? 1 : sizeOf(others));
  const positions = Math.min(length, depth * Math.max(1, Math.floor(pieceBytes / (depth * positionBytes))));
  return { bitpix, shape, positions, positionBytes, count: Math.ceil(length / positions) };
}

/** The shape of the piece of that number. */
export function pieceShape({ shape: [length = 0, ...others], positions }: PieceLayout, piece: number): number[] {
  return [Math.min(positions, length - piece * positions), ...others];
}

/** A piece over the beginning of memory that holds its words in this machine's order. */
export function pieceOver(layout: PieceLayout, piece: number, { buffer, byteOffset }: Uint8Array): NdArray {
  const shape = pieceShape(layout, piece);
  const type = view(layout.bitpix, new ArrayBuffer(0)).constructor as new (
    buffer: ArrayBufferLike,
    byteOffset: number,
    length: number,
  ) => NdArray["data"];
  return { data: new type(buffer, byteOffset, sizeOf(shape)), shape };
}

/**
 * Reads the words of a piece as they stand in the file.
 *
 * @returns those bytes of `into` that are the piece
 *
 * @throws FirstlightError FITS_TRUNCATED where the file became shorter
 */
export async function readPiece(
  source: ByteSource,
  { dataOffset, index }: Hdu,
  layout: PieceLayout,
  piece: number,
  into: Uint8Array,
): Promise<Uint8Array> {
  const [count = 0] = pieceShape(layout, piece);
  const offset = dataOffset + piece * layout.positions * layout.positionBytes;
  const bytes = into.subarray(0, count * layout.positionBytes);
  const found = await source.read(offset, bytes);
  if (found < bytes.length) {
    const place = { file: source.name, hdu: index, offset: offset + found };
    throw badFile("FITS_TRUNCATED", "the file became shorter while it was read.", place);
  }
  return bytes;
}

/** Stays in the processor's cache while it is worked on. */
const pieceBytes = 2 ** 19;

/**
 * The pixels of an image that is not compressed, as they are stored, in pieces along the slowest axis: each of a multiple of `depth`
 * positions, the last one of what is left. A piece is to be used up before the next is asked for: all use the same memory.
 *
 * @throws FirstlightError FITS_TRUNCATED where the file became shorter
 */
export async function* storedPieces(
  source: ByteSource,
  hdu: Hdu,
  depth: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<NdArray, void, undefined> {
  const layout = pieceLayout(hdu, depth, pieceBytes);
  using memory = lentMemory(layout.positions * layout.positionBytes);
  for (let piece = 0; piece < layout.count; piece += 1) {
    signal?.throwIfAborted();
    swapWords(await readPiece(source, hdu, layout, piece, memory.bytes), Math.abs(hdu.bitpix) / 8);
    yield pieceOver(layout, piece, memory.bytes);
  }
}
