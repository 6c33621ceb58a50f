import { unzipSync } from "node:zlib";
import { messageOf } from "../../core/errors.ts";
import type { Fail } from "./rice.ts";

/** Deflate makes at most 258 bytes of 2 bits, so about 1032 of one byte. */
const ratioLimit = 1032;
const headerBytes = 18;

/** The fewest bytes that so many can take in a gzip stream. */
export function gzipLeastBytes(sizeBytes: number): number {
  return Math.floor(sizeBytes / ratioLimit);
}

/** Unpacks a tile of at most `mostBytes`: a gzip stream, or the zlib stream that a few writers leave. */
export function gunzipTile(packed: Uint8Array, mostBytes: number, fail: Fail): Uint8Array<ArrayBuffer> {
  try {
    const bytes = unzipSync(packed, { maxOutputLength: Math.max(mostBytes, headerBytes) });
    return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  } catch (error) {
    throw fail(`the gzip stream of ${packed.length} bytes cannot be unpacked: ${messageOf(error)}.`);
  }
}

/**
 * Puts the bytes of GZIP_2 back in order: first come the highest bytes of all elements, then the next (FITS 4.0 §10.4.2).
 */
export function unshuffle(bytes: Uint8Array, elementBytes: number): Uint8Array<ArrayBuffer> {
  const count = bytes.length / elementBytes;
  const ordered = new Uint8Array(bytes.length);
  for (let index = 0, to = 0; index < count; index += 1) {
    for (let from = index; from < bytes.length; from += count, to += 1) ordered[to] = bytes[from] as number;
  }
  return ordered;
}
