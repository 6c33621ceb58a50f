import { promisify } from "node:util";
import { constants, gunzip, type ZlibOptions } from "node:zlib";
import { type ByteSource, bytesSource, readAll } from "../core/byte-source.ts";
import { codeOf, isFirstlightError, messageOf } from "../core/errors.ts";
import { badFile } from "./bad-file.ts";

const inflate = promisify(gunzip);

/** Pixels hardly ever shrink more than this; what does beyond the first bytes is refused before it fills the memory. */
const ratioLimit = 200;
const freeBytes = 64 * 1024 * 1024;

/** True for bytes that start as a gzip file does (RFC 1952 §2.3.1). */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/**
 * Runs `read` on the source, and where that turns out to be a gzip file, on what is inside, held in memory.
 *
 * @throws FirstlightError FITS_INVALID when the gzip file is damaged, or grows beyond 64 MiB plus 200 times its size
 */
export async function throughGzip<T>(source: ByteSource, read: (source: ByteSource) => Promise<T>): Promise<T> {
  try {
    return await read(source);
  } catch (error) {
    const start = new Uint8Array(2);
    if (!isFirstlightError(error, "FITS_NOT_FITS") || (await source.read(0, start)) < 2 || !isGzip(start)) throw error;
    return read(await inflated(source));
  }
}

/** So much of a gzip file tells what is inside, and can hold no more than four million bytes. */
const startBytes = 4096;

async function inflated(source: ByteSource): Promise<ByteSource> {
  const maxOutputLength = freeBytes + ratioLimit * source.sizeBytes;
  // Around nothing but this: bytes that cannot be read are no damage to the file.
  const unpacked = async (bytes: Uint8Array, options: ZlibOptions): Promise<Buffer> => {
    try {
      return await inflate(bytes, options);
    } catch (error) {
      const problem =
        codeOf(error) === "ERR_BUFFER_TOO_LARGE"
          ? `unpacked, the gzip file holds more than ${maxOutputLength} bytes, which no frame of its size does.`
          : `the gzip file is damaged: ${messageOf(error)}.`;
      throw badFile("FITS_INVALID", problem, { file: source.name }, error);
    }
  };
  const packed = new Uint8Array(Math.min(startBytes, source.sizeBytes));
  await source.read(0, packed);
  const start = await unpacked(packed, { finishFlush: constants.Z_SYNC_FLUSH });
  // What is no FITS is not worth its memory: `read` says so of its first bytes.
  if (start.length > startBytes && !start.toString("latin1").startsWith("SIMPLE")) {
    return bytesSource(start.subarray(0, startBytes), source.name);
  }
  return bytesSource(await unpacked(await readAll(source), { maxOutputLength }), source.name);
}
