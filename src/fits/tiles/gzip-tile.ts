import { gzipSync } from "node:zlib";

/** Pixels are mostly noise, of which more effort finds hardly more. */
const effort = { level: 1 } as const;

export function gzipTile(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, effort);
}

/** Puts the highest bytes of all elements first, then the next, as GZIP_2 wants them (FITS 4.0 §10.4.2). */
export function shuffle(bytes: Uint8Array, elementBytes: number): Uint8Array {
  if (elementBytes === 1) return bytes;
  const shuffled = new Uint8Array(bytes.length);
  let to = 0;
  for (let place = 0; place < elementBytes; place += 1) {
    for (let from = place; from < bytes.length; from += elementBytes, to += 1) shuffled[to] = bytes[from] as number;
  }
  return shuffled;
}
