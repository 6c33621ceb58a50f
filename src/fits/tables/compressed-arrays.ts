import { gunzipTile } from "../tiles/gunzip-tile.ts";
import type { Fail } from "../tiles/rice.ts";
import { type BinaryForm, type ElementCode, elementBytes } from "./binary-form.ts";
import { type PackedBytes, unpackedBytes } from "./column-bytes.ts";

/** What GZIP_2 parts in arrays of variable length: complex numbers of 8 bytes too, as cfitsio has it. */
const shuffled: Partial<Record<ElementCode, number>> = { I: 2, J: 4, E: 4, K: 8, D: 8, C: 8 };

/** A descriptor of a compressed array: two 64-bit integers. */
const packedDescriptorBytes = 16;

/** The heap that is restored, and where the compressed one lies. */
export interface Heaps {
  /** The restored one. */
  readonly heap: Uint8Array;
  /** Of the compressed one, from the start of the data unit. */
  readonly packedOffset: number;
  readonly packedEnd: number;
  /** Bytes that may still be restored: descriptors that share arrays must not make work without end. */
  leftBytes: number;
}

/**
 * Restores the arrays of variable length of one tile (FITS 4.0 §10.3.6): each was compressed by itself. Their descriptors, and behind
 * them those of the compressed arrays, are a gzip stream, the bytes from `start` up to `end`.
 *
 * @returns the descriptors as they were, row behind row
 */
export function restoreArrays(
  packed: PackedBytes,
  start: number,
  end: number,
  { form, algorithm }: { readonly form: BinaryForm; readonly algorithm: string },
  rowCount: number,
  heaps: Heaps,
  fail: Fail,
): Uint8Array {
  const { widthBytes, code } = form;
  const sizeBytes = (widthBytes + packedDescriptorBytes) * rowCount;
  const bytes = gunzipTile(packed.data.subarray(start, end), sizeBytes, fail);
  if (bytes.length !== sizeBytes) {
    throw fail(`${bytes.length} bytes of descriptors for ${rowCount} rows, which have ${sizeBytes}.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const own = descriptors(view, 0, widthBytes);
  const compressed = descriptors(view, widthBytes * rowCount, packedDescriptorBytes);
  for (let row = 0; row < rowCount; row += 1) {
    const { count, offset } = own(row);
    const array = compressed(row);
    if (count === 0 || array.count === 0) continue;
    const arrayBytes = elementBytes(code, count);
    const from = heaps.packedOffset + array.offset;
    const to = from + array.count;
    if (!(count > 0 && offset >= 0 && offset + arrayBytes <= heaps.heap.length)) {
      throw fail(`its array of row ${row + 1} of the tile would lie outside of the heap.`);
    }
    if (!(array.count > 0 && array.offset >= 0 && to <= heaps.packedEnd)) {
      throw fail(`its compressed array of row ${row + 1} of the tile would lie outside of the heap.`);
    }
    heaps.leftBytes -= arrayBytes;
    if (heaps.leftBytes < 0) throw fail("many rows share the same bytes.");
    // What would not become smaller was left as it was.
    const isPlain = array.count === arrayBytes;
    const elements = { code, algorithm, shuffledBytes: shuffled[code] ?? 1, count, sizeBytes: arrayBytes };
    heaps.heap.set(isPlain ? packed.data.subarray(from, to) : unpackedBytes(packed, from, to, elements, fail), offset);
  }
  return bytes.subarray(0, widthBytes * rowCount);
}

/** Descriptors of 8 or of 16 bytes, one behind the other. */
function descriptors(
  view: DataView,
  start: number,
  sizeBytes: number,
): (row: number) => { readonly count: number; readonly offset: number } {
  return (row) => {
    const at = start + row * sizeBytes;
    return sizeBytes === 8
      ? { count: view.getInt32(at), offset: view.getInt32(at + 4) }
      : { count: Number(view.getBigInt64(at)), offset: Number(view.getBigInt64(at + 8)) };
  };
}
