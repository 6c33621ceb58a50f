import type { ByteSource } from "../core/byte-source.ts";
import { isFirstlightError } from "../core/errors.ts";
import { blockBytes, padded } from "./blocks.ts";
import { cardLength } from "./card-format.ts";
import { type Hdu, hasImage, storedHeader } from "./hdu.ts";
import { openFits } from "./open-fits.ts";
import { findEnd } from "./parse-header.ts";
import { readPixels } from "./read-image.ts";
import { checkCards } from "./verify-cards.ts";
import { type ChecksumVerdict, hduChecksums } from "./verify-checksums.ts";
import { checkTable } from "./verify-table.ts";

/** Something that FITS 4.0 forbids, or bytes that are not as they were written. */
export interface FitsProblem {
  /** Undefined for the file as a whole. */
  readonly hdu: number | undefined;
  readonly problem: string;
}

export interface FitsVerification {
  readonly problems: readonly FitsProblem[];
  /** What the standard allows and yet is to be known: SIMPLE = F, columns that share a name or have none. */
  readonly warnings: readonly FitsProblem[];
  readonly hdus: readonly {
    readonly index: number;
    readonly name: string | undefined;
    readonly type: Hdu["type"];
    readonly datasum: ChecksumVerdict;
    readonly checksum: ChecksumVerdict;
  }[];
}

/**
 * Holds a file against the standard: structure, mandatory cards, their order and their fixed format, every card's value, the columns
 * and the cells of tables, what fills blocks up, checksums, and of compressed images every tile. All problems are told, but for what
 * ends the reading: then that is the last. Of the cells of a column the first that is wrong is told.
 */
export async function verifyFits(source: ByteSource, signal?: AbortSignal): Promise<FitsVerification> {
  const problems: FitsProblem[] = [];
  const warnings: FitsProblem[] = [];
  const verdicts: FitsVerification["hdus"][number][] = [];
  try {
    const { source: plain, hdus } = await openFits(source);
    for (const hdu of hdus) {
      signal?.throwIfAborted();
      const tell = (problem: string): void => void problems.push({ hdu: hdu.index, problem });
      const warn = (problem: string): void => void warnings.push({ hdu: hdu.index, problem });
      const { datasum, checksum } = await hduChecksums(plain, hdu);
      verdicts.push({ index: hdu.index, name: hdu.name, type: hdu.type, datasum, checksum });
      for (const [name, verdict] of [
        ["DATASUM", datasum],
        ["CHECKSUM", checksum],
      ] as const) {
        if (verdict === "bad")
          tell(`${name} does not fit the bytes: they were damaged or edited since it was written.`);
      }
      checkCards(storedHeader(hdu).cards, hdu, { tell, warn });
      checkBlank(hdu, tell);
      if (hdu.type === "other") warn("its XTENSION is none that readers know.");
      await checkHeaderFill(plain, hdu, tell);
      await checkTable(plain, hdu, { tell, warn }, signal);
      await checkPadding(plain, hdu, tell);
      if (hdu.tiles !== undefined && hasImage(hdu)) await decodable(plain, hdu, tell, signal);
    }
    const end = hdus.at(-1)?.endOffset ?? 0;
    if (plain.sizeBytes > end)
      problems.push({ hdu: undefined, problem: `${plain.sizeBytes - end} bytes follow the last HDU.` });
    if (plain.sizeBytes % blockBytes !== 0) {
      problems.push({ hdu: undefined, problem: `its ${plain.sizeBytes} bytes are no multiple of ${blockBytes}.` });
    }
  } catch (error) {
    if (!isFirstlightError(error) || !error.code.startsWith("FITS_")) throw error;
    const { hdu } = error.fields;
    problems.push({ hdu: typeof hdu === "number" ? hdu : undefined, problem: error.message });
  }
  return { problems, warnings, hdus: verdicts };
}

function checkBlank({ header, bitpix, type }: Hdu, tell: (problem: string) => void): void {
  if (type !== "image" || !header.has("BLANK")) return;
  const value = header.get("BLANK");
  if (bitpix < 0) tell("BLANK is there, which images of reals do not have: NaN stands for undefined pixels.");
  else if (typeof value !== "bigint" && !(typeof value === "number" && Number.isInteger(value))) {
    tell(`BLANK is ${String(value)}; expected an integer.`);
  }
}

async function checkHeaderFill(source: ByteSource, hdu: Hdu, tell: (problem: string) => void): Promise<void> {
  const bytes = new Uint8Array(hdu.dataOffset - hdu.headerOffset);
  await source.read(hdu.headerOffset, bytes);
  const end = findEnd(bytes) + cardLength;
  const at = bytes.subarray(end).findIndex((byte) => byte !== 0x20);
  if (at === -1) return;
  const found = (bytes[end + at] ?? 0).toString(16).padStart(2, "0");
  tell(
    `behind the END card the header holds the byte 0x${found} at offset ${hdu.headerOffset + end + at}, not a blank.`,
  );
}

async function checkPadding(source: ByteSource, hdu: Hdu, tell: (problem: string) => void): Promise<void> {
  const dataEnd = hdu.dataOffset + hdu.dataSizeBytes;
  const padding = new Uint8Array(hdu.dataOffset + padded(hdu.dataSizeBytes) - dataEnd);
  const count = await source.read(dataEnd, padding);
  if (count < padding.length) tell(`the last block lacks ${padding.length - count} bytes of its padding.`);
  // An ASCII table is filled up with blanks, all else with zeros.
  const fill = hdu.type === "asciiTable" ? 0x20 : 0;
  const at = padding.subarray(0, count).findIndex((byte) => byte !== fill);
  if (at >= 0) tell(`the padding behind the data holds ${padding[at]} at offset ${dataEnd + at}, not ${fill}.`);
}

async function decodable(
  source: ByteSource,
  hdu: Hdu,
  tell: (problem: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await readPixels(source, hdu, { signal });
  } catch (error) {
    if (!isFirstlightError(error) || !error.code.startsWith("FITS_")) throw error;
    tell(error.message);
  }
}
