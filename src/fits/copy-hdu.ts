import type { ByteSource } from "../core/byte-source.ts";
import { blockBytes, padded } from "./blocks.ts";
import { readBytes } from "./data-unit.ts";
import type { Hdu } from "./hdu.ts";

const copyBytes = 1024 * blockBytes;

/**
 * The bytes of an HDU as they stand in the file, whole blocks, in portions.
 *
 * @throws FirstlightError FITS_TRUNCATED where the file became shorter
 */
export async function* copyHdu(source: ByteSource, hdu: Hdu): AsyncIterable<Uint8Array> {
  const { headerOffset, dataOffset, dataSizeBytes, type } = hdu;
  const dataEnd = dataOffset + dataSizeBytes;
  const end = dataOffset + padded(dataSizeBytes);
  for (let offset = headerOffset; offset < end; offset += copyBytes) {
    // What a crude writer left out of the last block is put there.
    const part = new Uint8Array(Math.min(copyBytes, end - offset)).fill(type === "asciiTable" ? 0x20 : 0);
    await readBytes(source, hdu, offset, part, Math.min(part.length, dataEnd - offset));
    yield part;
  }
}
