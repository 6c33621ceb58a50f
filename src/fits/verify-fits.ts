import type { ByteSource } from "../core/byte-source.ts";
import { isFirstlightError } from "../core/errors.ts";
import { blockBytes, padded } from "./blocks.ts";
import type { Card } from "./card.ts";
import { type Hdu, hasImage, storedHeader } from "./hdu.ts";
import { openFits } from "./open-fits.ts";
import { readPixels } from "./read-image.ts";
import { type ChecksumVerdict, hduChecksums } from "./verify-checksums.ts";

/** Something that FITS 4.0 forbids, or bytes that are not as they were written. */
export interface FitsProblem {
  /** Undefined for the file as a whole. */
  readonly hdu: number | undefined;
  readonly problem: string;
}

export interface FitsVerification {
  readonly problems: readonly FitsProblem[];
  readonly hdus: readonly {
    readonly index: number;
    readonly name: string | undefined;
    readonly type: Hdu["type"];
    readonly datasum: ChecksumVerdict;
    readonly checksum: ChecksumVerdict;
  }[];
}

/**
 * Holds a file against the standard: structure, mandatory cards and their order, every card's value, padding, checksums, and
 * of compressed images every tile. All problems are told, but for what ends the reading: then that is the last.
 */
export async function verifyFits(source: ByteSource, signal?: AbortSignal): Promise<FitsVerification> {
  const problems: FitsProblem[] = [];
  const verdicts: FitsVerification["hdus"][number][] = [];
  try {
    const { source: plain, hdus } = await openFits(source);
    for (const hdu of hdus) {
      signal?.throwIfAborted();
      const tell = (problem: string): void => void problems.push({ hdu: hdu.index, problem });
      const { datasum, checksum } = await hduChecksums(plain, hdu);
      verdicts.push({ index: hdu.index, name: hdu.name, type: hdu.type, datasum, checksum });
      for (const [name, verdict] of [
        ["DATASUM", datasum],
        ["CHECKSUM", checksum],
      ] as const) {
        if (verdict === "bad")
          tell(`${name} does not fit the bytes: they were damaged or edited since it was written.`);
      }
      checkCards(storedHeader(hdu).cards, hdu, tell);
      checkBlank(hdu, tell);
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
  return { problems, hdus: verdicts };
}

function checkCards(cards: readonly Card[], hdu: Hdu, tell: (problem: string) => void): void {
  const expected = mandatoryKeywords(cards, hdu);
  for (const [index, keyword] of expected.entries()) {
    const found = cards[index]?.keyword;
    if (found === keyword) continue;
    tell(`card ${index + 1} is ${found ?? "missing"}, and ${keyword} belongs there.`);
    break;
  }
  const mandatory = new Set(expected);
  const seen = new Set<string>();
  for (const [index, card] of cards.entries()) {
    const where = `card ${index + 1} (${card.keyword})`;
    if (mandatory.has(card.keyword) && seen.has(card.keyword)) tell(`${where} is there twice.`);
    seen.add(card.keyword);
    if (!/^[A-Z0-9_-]*$/.test(card.image.slice(0, 8).trimEnd())) {
      tell(`${where}: a keyword is of A–Z, 0–9, '-' and '_'.`);
    }
    const foreign = /[^ -~]/.exec(card.image)?.[0].charCodeAt(0);
    if (foreign !== undefined) {
      tell(`${where} holds the byte 0x${foreign.toString(16).padStart(2, "0")}, which is not ASCII text.`);
    }
    if (card.isCommentary) continue;
    try {
      void card.value;
    } catch {
      tell(`${where}: "${card.image.slice(8).trimEnd()}" is no value and comment.`);
    }
  }
}

function checkBlank({ header, bitpix, type }: Hdu, tell: (problem: string) => void): void {
  if (type !== "image" || !header.has("BLANK")) return;
  const value = header.get("BLANK");
  if (bitpix < 0) tell("BLANK is there, which images of reals do not have: NaN stands for undefined pixels.");
  else if (typeof value !== "bigint" && !(typeof value === "number" && Number.isInteger(value))) {
    tell(`BLANK is ${String(value)}; expected an integer.`);
  }
}

/** FITS 4.0 tables 7, 8, 11 and 14: these, in this order, before all others. */
function mandatoryKeywords(cards: readonly Card[], { index, type, tiles }: Hdu): readonly string[] {
  const axisCount = Number(cards.find(({ keyword }) => keyword === "NAXIS")?.value ?? 0);
  const axes = Array.from({ length: axisCount }, (_, axis) => `NAXIS${axis + 1}`);
  const isTable = tiles !== undefined || type === "binaryTable" || type === "asciiTable";
  if (index === 0) return ["SIMPLE", "BITPIX", "NAXIS", ...axes];
  return ["XTENSION", "BITPIX", "NAXIS", ...axes, "PCOUNT", "GCOUNT", ...(isTable ? ["TFIELDS"] : [])];
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
