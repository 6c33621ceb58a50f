import type { ByteSource } from "../core/byte-source.ts";
import { wordSummer } from "../kernels/word-summer.ts";
import { badFile } from "./bad-file.ts";
import { blockBytes } from "./blocks.ts";
import { sumWords } from "./checksum.ts";
import { type Hdu, storedHeader } from "./hdu.ts";
import { openFits } from "./open-fits.ts";

export type ChecksumVerdict = "ok" | "bad" | "absent";

export interface HduChecksums {
  readonly hdu: number;
  readonly name: string | undefined;
  readonly datasum: ChecksumVerdict;
  readonly checksum: ChecksumVerdict;
}

const stripBytes = 512 * blockBytes;

/**
 * Recomputes DATASUM and CHECKSUM of every HDU (FITS 4.0 §4.4.2.7), of a compressed image those of its bytes in the file. An empty string counts as absent, as §4.4.2.7 says.
 */
export async function verifyChecksums(source: ByteSource): Promise<HduChecksums[]> {
  const { hdus, source: plain } = await openFits(source);
  const results: HduChecksums[] = [];
  for (const hdu of hdus) results.push(await hduChecksums(plain, hdu));
  return results;
}

/** The same for one HDU. */
export async function hduChecksums(source: ByteSource, hdu: Hdu): Promise<HduChecksums> {
  const headerSum = await sumRange(source, hdu.headerOffset, hdu.dataOffset);
  const dataSum = await sumRange(source, hdu.dataOffset, hdu.endOffset);
  return judge(hdu, headerSum, dataSum);
}

/** True when there is anything to check: of a compressed image the checksums of its table count. */
export function carriesChecksums(hdu: Hdu): boolean {
  const header = storedHeader(hdu);
  return header.has("DATASUM") || header.has("CHECKSUM");
}

/** Holds the sums of an HDU's bytes against its cards. */
export function judge(hdu: Hdu, headerSum: number, dataSum: number): HduChecksums {
  const total = sumWords(new Uint8Array(0), headerSum + dataSum);
  const header = storedHeader(hdu);
  const stated = header.get("DATASUM");
  const checksum = header.get("CHECKSUM");
  return {
    hdu: hdu.index,
    name: hdu.name,
    datasum: isAbsent(stated) ? "absent" : Number(stated) === dataSum ? "ok" : "bad",
    checksum: isAbsent(checksum) ? "absent" : total === 0xffffffff ? "ok" : "bad",
  };
}

/** @throws FirstlightError FITS_CHECKSUM, naming the file, when a sum is wrong */
export function requireChecksums(file: string, verdict: HduChecksums): void {
  const bad = [...(verdict.datasum === "bad" ? ["DATASUM"] : []), ...(verdict.checksum === "bad" ? ["CHECKSUM"] : [])];
  if (bad.length === 0) return;
  const problem = `${bad.join(" and ")} do not fit the bytes: the file was damaged or edited after it was written.`;
  throw badFile("FITS_CHECKSUM", problem, { file, hdu: verdict.hdu });
}

/** The sum over a range of the file that starts with a block; what is missing of the last block counts as zeros. */
export async function sumRange(source: ByteSource, start: number, end: number): Promise<number> {
  using summer = wordSummer(Math.min(stripBytes, Math.ceil((end - start) / 4) * 4));
  const { memory } = summer;
  let sum = 0;
  for (let offset = start; offset < end; offset += memory.length) {
    const part = memory.subarray(0, Math.min(memory.length, end - offset));
    const count = await source.read(offset, part);
    sum = summer.add(part.subarray(0, count), sum);
    if (count < part.length) break;
  }
  return sum;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === "";
}
