import { badFile, type FitsPlace } from "./bad-file.ts";
import { padded } from "./blocks.ts";
import { Card, isContinued } from "./card.ts";
import { cardLength } from "./card-format.ts";
import { Header } from "./header.ts";

const endCard = "END".padEnd(cardLength);

/** Where the END card stands in a header's characters, or -1. */
export function findEnd(text: string, from = 0): number {
  let at = text.indexOf("END     ", from);
  while (at !== -1 && at % cardLength !== 0) at = text.indexOf("END     ", at + 1);
  return at;
}

/** Where the first character outside of FITS's ASCII (blank to tilde, FITS 4.0 §3.2) stands, or -1. */
export function findForeign(text: string): number {
  return text.search(/[^ -~]/);
}

/** One character for each byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/**
 * Reads the header at the start of `bytes`, up to its END card.
 *
 * @throws FirstlightError FITS_INVALID for characters outside ASCII, FITS_TRUNCATED without an END card
 */
export function parseHeader(bytes: Uint8Array, origin?: string): Header {
  const text = latin1(bytes);
  const end = findEnd(text);
  const place = { file: origin };
  const foreign = findForeign(end === -1 ? text : text.slice(0, end));
  if (foreign !== -1) throw foreignCharacter(text, foreign, place);
  if (end === -1) throw badFile("FITS_TRUNCATED", "the header ends without an END card.", place);
  return headerFromText(text, end, place);
}

/** The cards of `text` up to `end`, where the END card stands. */
export function headerFromText(text: string, end: number, place: FitsPlace): Header {
  if (text.slice(end, end + cardLength) !== endCard) {
    throw badFile("FITS_INVALID", "the END card is not followed by blanks.", {
      ...place,
      offset: (place.offset ?? 0) + end,
    });
  }
  const cards: Card[] = [];
  for (let start = 0; start < end; ) {
    let stop = start + cardLength;
    while (stop < end && text.startsWith("CONTINUE", stop) && continues(text, stop)) stop += cardLength;
    cards.push(Card.parse(text.slice(start, stop)));
    start = stop;
  }
  return new Header(cards, place.file);
}

/** The bytes of a header: its cards, END, and blanks up to the end of the block. */
export function encodeHeader(cards: Iterable<Card>): Uint8Array {
  let text = "";
  for (const card of cards) text += card.image;
  text += endCard;
  return Buffer.from(text.padEnd(padded(text.length)), "latin1");
}

export function foreignCharacter(text: string, at: number, place: FitsPlace): Error {
  const card = text.slice(at - (at % cardLength), at - (at % cardLength) + 8).replace(/[^ -~]/g, "?");
  const code = text.charCodeAt(at).toString(16).padStart(2, "0");
  return badFile(
    "FITS_INVALID",
    `the header holds the byte 0x${code}, which is not ASCII text, in the card "${card}".`,
    {
      ...place,
      offset: (place.offset ?? 0) + at,
    },
  );
}

function continues(text: string, stop: number): boolean {
  return isContinued(text.slice(stop - cardLength, stop), text.slice(stop, stop + cardLength));
}
