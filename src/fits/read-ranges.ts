import type { ByteSource } from "../core/byte-source.ts";
import { badFile } from "./bad-file.ts";

/** Bytes of a source that are wanted. */
export interface ByteRange {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Ranges that were read at once. */
export interface ReadRanges<Range> {
  readonly ranges: readonly Range[];
  /** Where in the source `bytes` begin. */
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What is skipped costs more than what is read in vain up to about here. */
const gapLimitBytes = 32 * 1024;
const readLimitBytes = 4 * 1024 * 1024;

/**
 * Reads ranges in their order, neighbours at once; a range that is larger than others at once is read by itself.
 *
 * @param moreBytes zeros behind the bytes of each read
 * @throws FirstlightError FITS_TRUNCATED where the source is shorter
 */
export async function* readRanges<Range extends ByteRange>(
  source: ByteSource,
  ranges: Iterable<Range>,
  hdu: number,
  moreBytes = 0,
): AsyncGenerator<ReadRanges<Range>, void, undefined> {
  let batch: Range[] = [];
  let [start, end] = [0, 0];
  const read = async (): Promise<ReadRanges<Range>> => {
    const bytes = new Uint8Array(end - start + moreBytes);
    const count = await source.read(start, bytes.subarray(0, end - start));
    if (count < end - start) {
      const place = { file: source.name, hdu, offset: start + count };
      throw badFile("FITS_TRUNCATED", "the file became shorter while it was read.", place);
    }
    return { ranges: batch, offset: start, bytes };
  };
  for (const range of ranges) {
    const stop = range.offset + range.sizeBytes;
    const near = range.offset >= start && range.offset - end <= gapLimitBytes && stop - start <= readLimitBytes;
    if (batch.length > 0 && !near) {
      yield await read();
      batch = [];
    }
    if (batch.length === 0) [start, end] = [range.offset, range.offset];
    batch.push(range);
    end = Math.max(end, stop);
  }
  if (batch.length > 0) yield await read();
}
