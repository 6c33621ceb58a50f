import { isReal, Real, type Scalar } from "../core/scalar.ts";

/** A complex keyword value, FITS 4.0 §4.2.5 and §4.2.6. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** What a card can hold; `undefined` where the value field is blank, which FITS keeps apart from an empty string. */
export type CardValue = Scalar | Complex | undefined;

export interface CardContent {
  readonly value: CardValue;
  readonly comment: string;
}

const integer = /^[+-]?\d+$/;
const float = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[EDed][+-]?\d+)?$/;
const complex = /^\(([^,]*),([^,]*)\)$/;

/** True for a complex value, which alone among card values is a bare object. */
export function isComplex(value: CardValue): value is Complex {
  return typeof value === "object" && !isReal(value);
}

/**
 * Reads what stands behind the value indicator: a value in free format and its comment (FITS 4.0 §4.2). Returns
 * `undefined` for text that is no FITS value. Trailing blanks of a string are padding and go, as §4.2.1.1 says.
 */
export function parseCardContent(text: string): CardContent | undefined {
  let start = 0;
  while (text.startsWith(" ", start)) start += 1;
  if (start === text.length) return { value: undefined, comment: "" };
  if (text.charAt(start) === "'") return parseQuoted(text, start);
  const slash = text.indexOf("/", start);
  const token = (slash === -1 ? text.slice(start) : text.slice(start, slash)).trimEnd();
  const comment = slash === -1 ? "" : commentOf(text.slice(slash + 1));
  if (token === "") return { value: undefined, comment };
  const value = parseToken(token);
  return value === undefined ? undefined : { value, comment };
}

function parseQuoted(text: string, start: number): CardContent | undefined {
  let end = text.indexOf("'", start + 1);
  while (end !== -1 && text.charAt(end + 1) === "'") end = text.indexOf("'", end + 2);
  if (end === -1) return undefined;
  const rest = text.slice(end + 1).trimStart();
  if (rest !== "" && !rest.startsWith("/")) return undefined;
  const value = text
    .slice(start + 1, end)
    .replaceAll("''", "'")
    .trimEnd();
  return { value, comment: commentOf(rest.slice(1)) };
}

function commentOf(text: string): string {
  return (text.startsWith(" ") ? text.slice(1) : text).trimEnd();
}

function parseToken(token: string): Scalar | Complex | undefined {
  if (token === "T") return true;
  if (token === "F") return false;
  if (integer.test(token)) return parseInteger(token);
  if (float.test(token)) return parseFloating(token);
  const parts = complex.exec(token);
  const re = parts?.[1]?.trim() ?? "";
  const im = parts?.[2]?.trim() ?? "";
  return float.test(re) && float.test(im) ? { re: plainNumber(re), im: plainNumber(im) } : undefined;
}

function parseInteger(token: string): number | bigint {
  const value = Number(token);
  // `-0` is an integer zero: there is no negative one among integers.
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  return BigInt(token.startsWith("+") ? token.slice(1) : token);
}

function parseFloating(token: string): number | Real {
  const value = plainNumber(token);
  return Number.isInteger(value) ? new Real(value) : value;
}

function plainNumber(token: string): number {
  return Number(token.includes("D") || token.includes("d") ? token.replace(/[Dd]/, "E") : token);
}
