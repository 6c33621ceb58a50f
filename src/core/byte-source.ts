import { FirstlightError } from "./errors.ts";

/** Bytes that can be read at any offset: a file, an object in a store, a buffer. */
export interface ByteSource {
  /** Where the bytes come from, for error messages: a path, an object key. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Fills `into` from `offset` on and returns how many bytes it could fill; fewer only at the end. */
  read(offset: number, into: Uint8Array): Promise<number>;
}

/** Where bytes are written one after the other, and what was written counts only once `commit` has returned. */
export interface ByteSink extends AsyncDisposable {
  write(bytes: Uint8Array): Promise<void>;
  /** Puts bytes over those that were written, or beyond them; left out where that cannot be done. `write` goes on where it was. */
  writeAt?(offset: number, bytes: Uint8Array): Promise<void>;
  /** Makes the whole of it durable and visible. Disposed without it, nothing remains. */
  commit(): Promise<void>;
}

/**
 * Holds that a source is read from somewhere in it, or its end.
 *
 * @throws FirstlightError OFFSET_ILLEGAL
 */
export function requireOffset(name: string, offset: number): void {
  if (Number.isSafeInteger(offset) && offset >= 0) return;
  throw new FirstlightError(
    "OFFSET_ILLEGAL",
    `${name} cannot be read from the offset ${String(offset)}: it is a count of bytes, a whole number from 0 on.`,
    { disposition: "invalid", fields: { source: name, offset } },
  );
}

/** A source over bytes in memory. Refuses an offset that is none (OFFSET_ILLEGAL). */
export function bytesSource(bytes: Uint8Array, name = "bytes in memory"): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    async read(offset, into) {
      requireOffset(name, offset);
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
  };
}

/** The whole source in one array. */
export async function readAll(source: ByteSource): Promise<Uint8Array> {
  const bytes = new Uint8Array(source.sizeBytes);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await source.read(filled, bytes.subarray(filled));
    if (count === 0) return bytes.subarray(0, filled);
    filled += count;
  }
  return bytes;
}
