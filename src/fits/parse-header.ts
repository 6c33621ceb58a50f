import { badFile, type FitsPlace } from "./bad-file.ts";
import { padded } from "./blocks.ts";
import { Card, isContinued } from "./card.ts";
import { cardLength } from "./card-format.ts";
import { cardRecords } from "./card-records.ts";
import { Header, headerOfRecords } from "./header.ts";
import { headerLayout, layoutLikeBefore } from "./header-layout.ts";
import { changedRecords, ownRecords } from "./record-words.ts";

const endCard = "END".padEnd(cardLength);

/** Where the END card stands in a header, or -1. `from` is a multiple of 80. */
export function findEnd(bytes: Uint8Array, from = 0): number {
  for (let at = from; at + 8 <= bytes.length; at += cardLength) {
    if (bytes[at] === capitalE && latin1(bytes.subarray(at, at + 8)) === "END     ") return at;
  }
  return -1;
}

const capitalE = 0x45;

const keywordLength = 8;

/**
 * Where the first character outside of FITS's ASCII (blank to tilde, FITS 4.0 §3.2) stands in a keyword, or -1. In values and
 * comments writers leave degree signs and tabs, which cost nothing but that card; where keywords have them, this is no header.
 */
export function findForeign(bytes: Uint8Array, from = 0): number {
  for (let at = nextForeign(bytes, from); at < bytes.length; at = nextForeign(bytes, at + 1)) {
    if (at % cardLength < keywordLength) return at;
  }
  return -1;
}

function nextForeign(bytes: Uint8Array, from: number): number {
  let at = from;
  if ((bytes.byteOffset + from) % 4 === 0) at += 4 * plainWords(bytes.subarray(from));
  while (at < bytes.length && isPlain(bytes[at] as number)) at += 1;
  return at;
}

function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e;
}

/** How many words of four bytes there are before one with a byte outside. */
function plainWords(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] as number;
    // The top bit of each byte tells: of 0x80 and more as it is, of 0x7f after adding 1, of what is below 0x20 after taking
    // 0x20 away. Only a byte that is outside itself borrows from or carries to the next.
    if (((word | (word + 0x01010101) | (word - 0x20202020)) & 0x80808080) !== 0) return i;
  }
  return words.length;
}

/** One character for each byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/**
 * Reads the header at the start of `bytes`, up to its END card.
 *
 * @throws FirstlightError FITS_INVALID for keywords with characters outside ASCII, FITS_TRUNCATED without an END card
 */
export function parseHeader(bytes: Uint8Array, origin?: string): Header {
  const end = findEnd(bytes);
  const place = { file: origin };
  const foreign = findForeign(end === -1 ? bytes : bytes.subarray(0, end));
  if (foreign !== -1) throw foreignCharacter(bytes, foreign, place);
  if (end === -1) throw badFile("FITS_TRUNCATED", "the header ends without an END card.", place);
  // The header's own: its cards are made from the bytes later, and they have to lie at words.
  return headerFromBytes(bytes.slice(0, end + cardLength), end, place);
}

/** The cards of `bytes`, which are no one else's, up to `end`, where the END card stands. */
export function headerFromBytes(bytes: Uint8Array, end: number, place: FitsPlace): Header {
  if (latin1(bytes.subarray(end, end + cardLength)) !== endCard) {
    throw badFile("FITS_INVALID", "the END card is not followed by blanks.", {
      ...place,
      offset: (place.offset ?? 0) + end,
    });
  }
  const words = wordsOf(bytes, end);
  const layout = headerLayout(words);
  if (layout.find("CONTINUE") === undefined) return headerOfRecords(cardRecords(ownRecords(words), layout), place.file);
  const text = latin1(bytes.subarray(0, end));
  const cards: Card[] = [];
  for (let start = 0; start < end; ) {
    let stop = start + cardLength;
    while (stop < end && text.startsWith("CONTINUE", stop) && continues(text, stop)) stop += cardLength;
    cards.push(Card.parse(text.slice(start, stop)));
    start = stop;
  }
  return new Header(cards, place.file);
}

/**
 * The header at the start of `bytes`, of which nothing is kept but what it has other than one before. `undefined` where none before had the
 * same records, and where these are not an HDU's of that kind.
 *
 * @param bytes at a multiple of four; anybody may change them afterwards
 */
export function headerLikeBefore(
  bytes: Uint8Array,
  start: string,
  file: string | undefined,
): { readonly header: Header; readonly end: number } | undefined {
  if (!standsAt(bytes, 0, start)) return undefined;
  const isEnd = (count: number): boolean => standsAt(bytes, count * cardLength, endCard);
  const like = layoutLikeBefore(wordsOf(bytes, bytes.length - (bytes.length % cardLength)), isEnd);
  if (like === undefined) return undefined;
  const { layout, before, changes } = like;
  const records = cardRecords(changedRecords(before, changes), layout);
  return { header: headerOfRecords(records, file), end: before.byteLength };
}

function standsAt(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The words of whole records. */
function wordsOf(bytes: Uint8Array, end: number): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, end / Int32Array.BYTES_PER_ELEMENT);
}

/** The bytes of a header: its cards, END, and blanks up to the end of the block. */
export function encodeHeader(cards: Iterable<Card>): Uint8Array {
  let text = "";
  for (const card of cards) text += card.image;
  text += endCard;
  return Buffer.from(text.padEnd(padded(text.length)), "latin1");
}

export function foreignCharacter(bytes: Uint8Array, at: number, place: FitsPlace): Error {
  const start = at - (at % cardLength);
  const card = latin1(bytes.subarray(start, start + 8)).replace(/[^ -~]/g, "?");
  const code = (bytes[at] ?? 0).toString(16).padStart(2, "0");
  return badFile(
    "FITS_INVALID",
    `the header holds the byte 0x${code}, which is not ASCII text, in the keyword "${card}".`,
    {
      ...place,
      offset: (place.offset ?? 0) + at,
    },
  );
}

function continues(text: string, stop: number): boolean {
  return isContinued(text.slice(stop - cardLength, stop), text.slice(stop, stop + cardLength));
}
