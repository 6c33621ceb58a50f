import { FirstlightError } from "../core/errors.ts";
import { isReal, pythonFloat } from "../core/scalar.ts";
import { type CardValue, type Complex, isComplex } from "./card-value.ts";

export const cardLength = 80;
const commentaryWidth = 72;
const continueHead = "CONTINUE  ";
const standardKeyword = /^[A-Z0-9_-]{1,8}$/;
const hierarchKeyword = /^[!-<>-~]+(?: [!-<>-~]+)*$/;
const printable = /^[ -~]*$/;

export function cardError(keyword: string, problem: string): FirstlightError {
  return new FirstlightError("FITS_CARD_INVALID", `The card ${keyword} cannot be written: ${problem}`, {
    disposition: "invalid",
    fields: { keyword },
  });
}

/**
 * Spells a value card in fixed format (FITS 4.0 §4.2): numbers and logicals end in column 30, or later when they are
 * longer. A keyword beyond 8 characters becomes a HIERARCH card. A string that needs it goes on in CONTINUE cards, its
 * comment too; a comment too long beside any other value is cut at column 80.
 *
 * @returns one or more images of 80 characters, joined
 */
export function formatCard(keyword: string, value: CardValue, comment: string): string {
  if (!printable.test(comment)) throw cardError(keyword, "its comment holds a character that is not printable ASCII.");
  const standard = standardKeyword.test(keyword);
  const head = standard ? `${keyword.padEnd(8)}= ` : hierarchHead(keyword);
  const tail = comment === "" ? "" : ` / ${comment}`;
  if (typeof value === "string") return formatString(keyword, head, value, comment, standard);
  const text = formatPlain(keyword, value).padStart(standard ? 20 : 0);
  if (head.length + text.length > cardLength) {
    throw cardError(keyword, `keyword and value need ${head.length + text.length} columns of ${cardLength}.`);
  }
  return (head + text + tail).slice(0, cardLength).padEnd(cardLength);
}

/** Spells COMMENT, HISTORY and blank-keyword lines, wrapped at words to 72 columns; one image per line. */
export function formatCommentary(keyword: string, text: string): string[] {
  const lines = text.split("\n").flatMap((line) => wrap(line.trimEnd(), commentaryWidth));
  return lines.map((line) => {
    if (!printable.test(line)) throw cardError(keyword, "its text holds a character that is not printable ASCII.");
    return (keyword.padEnd(8) + line).padEnd(cardLength);
  });
}

/** A complex value as it stands in a card: `(1.0, 2.0)`. */
export function formatComplex(value: Complex): string {
  return `(${formatFloat("complex", value.re)}, ${formatFloat("complex", value.im)})`;
}

function hierarchHead(keyword: string): string {
  if (!hierarchKeyword.test(keyword)) {
    throw cardError(
      keyword === "" ? "with a blank keyword" : keyword,
      "a keyword is made of printable words without '='.",
    );
  }
  return `HIERARCH ${keyword} = `;
}

function formatPlain(keyword: string, value: Exclude<CardValue, string>): string {
  if (value === undefined) return "";
  if (typeof value === "boolean") return value ? "T" : "F";
  if (typeof value === "bigint") return value.toString();
  if (isComplex(value)) return formatComplex(value);
  if (isReal(value)) return formatFloat(keyword, value.value);
  return Number.isInteger(value) ? BigInt(value).toString() : formatFloat(keyword, value);
}

function formatFloat(keyword: string, value: number): string {
  if (!Number.isFinite(value)) {
    throw cardError(keyword, `FITS headers have no spelling for ${value}; leave the value undefined instead.`);
  }
  const [mantissa = "", exponent] = pythonFloat(value).split("e");
  if (exponent === undefined) return mantissa;
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${exponent}`;
}

function formatString(keyword: string, head: string, value: string, comment: string, standard: boolean): string {
  if (!printable.test(value)) throw cardError(keyword, "its value holds a character that is not printable ASCII.");
  // At least one character of the string must fit beside quotes and ampersand.
  if (head.length > cardLength - 5) throw cardError(keyword, `the keyword is ${keyword.length} characters long.`);
  const quoted = `'${value.replaceAll("'", "''").padEnd(standard && value !== "" ? 8 : 0)}'`.padEnd(standard ? 20 : 0);
  const single = head + quoted + (comment === "" ? "" : ` / ${comment}`);
  if (single.length <= cardLength) return single.padEnd(cardLength);

  const pieces = splitString(value, cardLength - head.length - 3, cardLength - continueHead.length - 3);
  const cards = pieces.map((piece, index) => ({ head: index === 0 ? head : continueHead, piece, comment: "" }));
  if (comment !== "") {
    const last = cards.at(-1);
    if (last !== undefined && `${last.head}'${last.piece}' / ${comment}`.length <= cardLength) last.comment = comment;
    else for (const line of wrap(comment, 64)) cards.push({ head: continueHead, piece: "", comment: line });
  }
  return cards
    .map((card, index) => {
      const text = `${card.head}'${card.piece}${index === cards.length - 1 ? "" : "&"}'`;
      return (card.comment === "" ? text : `${text} / ${card.comment}`).padEnd(cardLength);
    })
    .join("");
}

/** Cuts a string, its quotes doubled, into pieces of at most `first` and then `rest` characters, never inside a pair. */
function splitString(value: string, first: number, rest: number): string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const character of value) {
    const spelt = character === "'" ? "''" : character;
    if (piece.length + spelt.length > (pieces.length === 0 ? first : rest)) {
      pieces.push(piece);
      piece = "";
    }
    piece += spelt;
  }
  return [...pieces, piece];
}

/** Breaks a line at blanks into lines of at most `width`; a longer word is cut. An empty line stays one. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const blank = rest.lastIndexOf(" ", width);
    const at = blank > 0 && rest.slice(0, blank).trim() !== "" ? blank : width;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at === blank ? at + 1 : at);
  }
  return [...lines, rest];
}
