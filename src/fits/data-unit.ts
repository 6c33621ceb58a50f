import type { ByteSource } from "../core/byte-source.ts";
import { badFile } from "./bad-file.ts";
import { sumWords } from "./checksum.ts";
import type { Hdu } from "./hdu.ts";
import { judge, requireChecksums, sumRange } from "./verify-checksums.ts";

export interface ReadDataOptions {
  /** Check DATASUM and CHECKSUM where the header has them, and throw FITS_CHECKSUM when they do not fit. Default false. */
  readonly checksum?: boolean;
  readonly signal?: AbortSignal | undefined;
}

// Small enough to stop soon when asked to, large enough to cost nothing.
const readLimitBytes = 2 ** 26;

/** The data unit of an HDU as it stands in the file, without its padding; `moreBytes` zeros follow. */
export async function readDataUnit(
  source: ByteSource,
  hdu: Hdu,
  options: ReadDataOptions,
  moreBytes = 0,
): Promise<Uint8Array<ArrayBuffer>> {
  const { dataSizeBytes } = hdu;
  const bytes = new Uint8Array(dataSizeBytes + moreBytes);
  for (let filled = 0; filled < dataSizeBytes; ) {
    const part = bytes.subarray(filled, Math.min(dataSizeBytes, filled + readLimitBytes));
    const count = await source.read(hdu.dataOffset + filled, part);
    if (count === 0) {
      const place = { file: source.name, hdu: hdu.index, offset: hdu.dataOffset + filled };
      throw badFile("FITS_TRUNCATED", "the file became shorter while it was read.", place);
    }
    filled += count;
    options.signal?.throwIfAborted();
  }
  if (options.checksum === true) await check(source, hdu, bytes.subarray(0, dataSizeBytes));
  return bytes;
}

/**
 * Fills `into` from the file. The first `needed` bytes have to be there; of what a crude writer left out behind them, `into` keeps its own.
 *
 * @throws FirstlightError FITS_TRUNCATED for a file that became shorter
 */
export async function readBytes(
  source: ByteSource,
  hdu: Pick<Hdu, "index">,
  offset: number,
  into: Uint8Array,
  needed: number = into.length,
): Promise<void> {
  const count = await source.read(offset, into);
  if (count >= needed) return;
  const place = { file: source.name, hdu: hdu.index, offset: offset + count };
  throw badFile("FITS_TRUNCATED", "the file became shorter while it was read.", place);
}

async function check(source: ByteSource, hdu: Hdu, bytes: Uint8Array): Promise<void> {
  const whole = bytes.length - (bytes.length % 4);
  // The padding belongs to the sum; it starts inside of a word where the data do not fill it.
  const tail = await sumRange(source, hdu.dataOffset + whole, hdu.endOffset);
  const dataSum = sumWords(bytes.subarray(0, whole), tail);
  const headerSum = await sumRange(source, hdu.headerOffset, hdu.dataOffset);
  requireChecksums(source.name, judge(hdu, headerSum, dataSum));
}
