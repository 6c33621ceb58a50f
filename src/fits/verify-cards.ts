import type { Card } from "./card.ts";
import type { Hdu } from "./hdu.ts";

/** Where what is found is told: what the standard forbids, and what it allows and yet is to be known. */
export interface Findings {
  tell(problem: string): void;
  warn(problem: string): void;
}

/** Holds the cards of a header against FITS 4.0 §4: which there have to be, in which format, and that each holds a value. */
export function checkCards(cards: readonly Card[], hdu: Hdu, { tell, warn }: Findings): void {
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
    if (mandatory.has(card.keyword)) {
      if (seen.has(card.keyword)) tell(`${where} is there twice.`);
      else checkFormat(card, where, tell);
    } else if (hdu.type === "asciiTable" && /^TBCOL[1-9]/.test(card.keyword)) checkFormat(card, where, tell);
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
      const { value } = card;
      if (card.keyword === "SIMPLE" && value === false) {
        warn("SIMPLE is F: the file says of itself that it may depart from the standard.");
      }
    } catch {
      tell(`${where}: "${card.image.slice(8).trimEnd()}" is no value and comment.`);
    }
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

// Of columns 11 to 30: the value ends in the last of them (FITS 4.0 §4.2).
const fixedInteger = /^ *[+-]?\d+$/;
const fixedLogical = /^ {19}[TF]$/;
/** A quote in column 11, and the other in column 20 or later. */
const fixedText = /^'[^']{8,}'/;

/** Mandatory cards are to be in the fixed format (FITS 4.0 §4.2), which those can read who read no other. */
function checkFormat({ keyword, image }: Card, where: string, tell: (problem: string) => void): void {
  const text = image.slice(10);
  const found = `"${image.slice(8).trimEnd()}"`;
  if (keyword === "XTENSION") {
    if (!fixedText.test(text))
      tell(`${where}: ${found} is not in the fixed format, with quotes in columns 11 and 20 or later.`);
    return;
  }
  const form = keyword === "SIMPLE" ? fixedLogical : fixedInteger;
  // Behind it stands a blank, or the comment.
  if (!form.test(text.slice(0, 20)) || !" /".includes(text.charAt(20)))
    tell(`${where}: ${found} is not in the fixed format, with the value up to column 30.`);
}
