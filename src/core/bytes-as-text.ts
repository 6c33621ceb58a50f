import { isUtf8 } from "node:buffer";

/** Every character of UTF-8 that has several bytes (RFC 3629 §4), and otherwise a byte that belongs to none. */
const characters =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;
/** Halves of a pair that stand alone, which no UTF-8 holds. */
const strays = /([\udc80-\udcff]+)/u;
const stray = 0xdc00;

/**
 * Any bytes as a text that can be searched, and `bytesOf` has the very same bytes again: a byte that is no UTF-8 becomes half of a
 * surrogate pair, U+DC80 to U+DCFF, as with Python's `surrogateescape` (PEP 383).
 */
export function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  const one = (found: string): string =>
    found.length > 1 ? Buffer.from(found, "latin1").toString() : String.fromCharCode(stray + found.charCodeAt(0));
  return bytes.toString("latin1").replaceAll(characters, one);
}

/** The bytes of such a text. */
export function bytesOf(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const byte = (half: string): number => half.charCodeAt(0) - stray;
  const parts = text
    .split(strays)
    .map((part, at) => (at % 2 === 0 ? Buffer.from(part) : Buffer.from(part.split("").map(byte))));
  return Buffer.concat(parts);
}
