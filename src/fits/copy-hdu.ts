import type { ByteSource } from "../core/byte-source.ts";
import { blockBytes, padded } from "./blocks.ts";
import type { Hdu } from "./hdu.ts";

const copyBytes = 1024 * blockBytes;

/** The bytes of an HDU as they stand in the file, whole blocks, in portions. */
export async function* copyHdu(
  source: ByteSource,
  { headerOffset, dataOffset, dataSizeBytes, type }: Hdu,
): AsyncIterable<Uint8Array> {
  const end = dataOffset + padded(dataSizeBytes);
  for (let offset = headerOffset; offset < end; offset += copyBytes) {
    // What a crude writer left out of the last block is put there.
    const part = new Uint8Array(Math.min(copyBytes, end - offset)).fill(type === "asciiTable" ? 0x20 : 0);
    await source.read(offset, part);
    yield part;
  }
}
