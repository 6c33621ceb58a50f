import type { ByteSource } from "../core/byte-source.ts";
import { type NdArray, sizeOf } from "../core/ndarray.ts";
import { badFile } from "./bad-file.ts";
import { swapWords } from "./byte-order.ts";
import type { Hdu } from "./hdu.ts";
import { view } from "./read-image.ts";

/** Stays in the processor's cache while it is worked on. */
const pieceBytes = 2 ** 19;

/**
 * The pixels of an image that is not compressed, as they are stored, in pieces along the slowest axis: each of a multiple of `depth`
 * positions, the last one of what is left. A piece is to be used up before the next is asked for: all use the same memory, as memory
 * that is new for every image takes longer to come by than the pixels take to read.
 *
 * @throws FirstlightError FITS_TRUNCATED where the file became shorter
 */
export async function* storedPieces(
  source: ByteSource,
  { bitpix, shape, dataOffset, index }: Hdu,
  depth: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<NdArray, void, undefined> {
  const [length = 0, ...others] = shape;
  const positionBytes = (Math.abs(bitpix) / 8) * (others.length === 0 ? 1 : sizeOf(others));
  const positions = Math.min(length, depth * Math.max(1, Math.floor(pieceBytes / (depth * positionBytes))));
  const memory = new Uint8Array(positions * positionBytes);
  for (let first = 0; first < length; first += positions) {
    signal?.throwIfAborted();
    const count = Math.min(positions, length - first);
    const offset = dataOffset + first * positionBytes;
    const bytes = memory.subarray(0, count * positionBytes);
    const found = await source.read(offset, bytes);
    if (found < bytes.length) {
      const place = { file: source.name, hdu: index, offset: offset + found };
      throw badFile("FITS_TRUNCATED", "the file became shorter while it was read.", place);
    }
    swapWords(bytes, Math.abs(bitpix) / 8);
    const pixels = view(bitpix, memory.buffer).subarray(0, count * (others.length === 0 ? 1 : sizeOf(others)));
    yield { data: pixels, shape: [count, ...others] };
  }
}
