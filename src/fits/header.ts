import { FirstlightError } from "../core/errors.ts";
import { isReal, type Scalar } from "../core/scalar.ts";
import { Card, normalKeyword } from "./card.ts";
import { formatComplex } from "./card-format.ts";
import type { CardRecords } from "./card-records.ts";
import { type CardValue, isComplex } from "./card-value.ts";

/** Keyword → value, or keyword → [value, comment]. */
export type HeaderRecord = Readonly<Record<string, CardValue | readonly [CardValue, string]>>;

const commentary: ReadonlySet<string> = new Set(["COMMENT", "HISTORY", ""]);
const checksums: ReadonlySet<string> = new Set(["CHECKSUM", "DATASUM"]);

/** A header whose cards are made when they are asked for. */
export let headerOfRecords: (records: CardRecords, origin: string | undefined) => Header;

/**
 * The cards of one HDU in their order. Untouched cards keep their bytes; a changed one keeps its place and, unless a new
 * one is given, its comment. Keywords are found without regard to case; of cards that share one, the first counts.
 */
export class Header implements Iterable<Card> {
  /** The file that the header was read from, for messages. */
  readonly origin: string | undefined;
  /** As read, until somebody wants all cards. */
  #records: CardRecords | undefined;
  #list: Card[];
  #firsts: Map<string, Card> | undefined;

  constructor(cards: Iterable<Card> = [], origin?: string) {
    this.#list = [...cards];
    this.origin = origin;
  }

  static {
    headerOfRecords = (records, origin) => {
      const header = new Header([], origin);
      header.#records = records;
      return header;
    };
  }

  /** A header from cards, or from a record of values: `Header.from({ EXPTIME: [13.5, "s"], OBJECT: "Sun" })`. */
  static from(source: HeaderRecord | Iterable<Card>, origin?: string): Header {
    if (isIterable(source)) return new Header(source, origin);
    const header = new Header([], origin);
    for (const [key, entry] of Object.entries(source)) {
      const [value, comment] = isPair(entry) ? entry : [entry, ""];
      header.set(key, value, comment);
    }
    return header;
  }

  get cards(): readonly Card[] {
    return this.#cards;
  }

  get #cards(): Card[] {
    if (this.#records !== undefined) {
      this.#list = this.#records.all();
      this.#records = undefined;
    }
    return this.#list;
  }

  /** The texts of the HISTORY cards. */
  get history(): readonly string[] {
    return this.#texts("HISTORY");
  }

  /** The texts of the COMMENT cards. */
  get comments(): readonly string[] {
    return this.#texts("COMMENT");
  }

  [Symbol.iterator](): Iterator<Card> {
    return this.#cards[Symbol.iterator]();
  }

  /** The first card of that keyword. */
  card(key: string): Card | undefined {
    const found = this.#first(key);
    if (found !== undefined) return found;
    const name = normalKeyword(key);
    return name === key ? undefined : this.#first(name);
  }

  has(key: string): boolean {
    return this.card(key) !== undefined;
  }

  /**
   * The value, or `undefined` where the card is missing or its value is. A complex value comes as its text; `card(key)`
   * has its numbers.
   *
   * @throws FirstlightError FITS_CARD_INVALID when the card's characters are no FITS value
   */
  get(key: string): Scalar | undefined {
    const value = this.#value(this.card(key));
    return isComplex(value) ? formatComplex(value) : value;
  }

  /** A real or an integer, as a `number`. Throws FITS_KEY_MISSING or FITS_KEY_TYPE. */
  number(key: string): number {
    const value = this.#required(key);
    if (typeof value === "number") return value;
    if (isReal(value) || typeof value === "bigint") return Number(value.valueOf());
    throw this.#wrongType(key, value, "a number");
  }

  /** An integer within ±2^53. Throws FITS_KEY_MISSING or FITS_KEY_TYPE. */
  integer(key: string): number {
    const value = this.#required(key);
    if (typeof value === "number" && Number.isInteger(value)) return value;
    throw this.#wrongType(key, value, typeof value === "bigint" ? "an integer within ±2^53" : "an integer");
  }

  /** Throws FITS_KEY_MISSING or FITS_KEY_TYPE. */
  string(key: string): string {
    const value = this.#required(key);
    if (typeof value === "string") return value;
    throw this.#wrongType(key, value, "a string");
  }

  /** Throws FITS_KEY_MISSING or FITS_KEY_TYPE. */
  logical(key: string): boolean {
    const value = this.#required(key);
    if (typeof value === "boolean") return value;
    throw this.#wrongType(key, value, "a logical");
  }

  /**
   * Gives the keyword a value: in its place where it exists, else behind the last card that has a value (but for the
   * checksums, which stay last). Without `comment` the old comment stays; the same value without a comment leaves the
   * card's bytes alone. COMMENT, HISTORY and a blank keyword get lines added.
   */
  set(key: string, value: CardValue, comment?: string): this {
    const last = this.#cards.findLastIndex((card) => !card.isCommentary && !checksums.has(card.keyword));
    return this.#put(key, value, comment, last + 1);
  }

  /** As `set`, but a new card goes behind the first card of `anchor`. Throws FITS_KEY_MISSING without that anchor. */
  setAfter(anchor: string, key: string, value: CardValue, comment?: string): this {
    return this.#put(key, value, comment, this.#position(anchor) + 1);
  }

  /** Puts a card behind the first card of `anchor`. Throws FITS_KEY_MISSING without that anchor. */
  insertAfter(anchor: string, ...cards: readonly Card[]): this {
    return this.#splice(this.#position(anchor) + 1, 0, ...cards);
  }

  /** Puts cards at the very end. */
  append(...cards: readonly Card[]): this {
    return this.#splice(this.#cards.length, 0, ...cards);
  }

  /** Takes all cards of that keyword out, and says whether there were any. */
  delete(key: string): boolean {
    const name = normalKeyword(key);
    const kept = this.#cards.filter((card) => card.keyword !== name);
    if (kept.length === this.#cards.length) return false;
    this.#splice(0, this.#cards.length, ...kept);
    return true;
  }

  /** Adds HISTORY lines behind the last one, or at the end; wrapped at words to 72 columns. */
  addHistory(text: string): this {
    return this.#addText("HISTORY", text);
  }

  /** Adds COMMENT lines behind the last one, or at the end; wrapped at words to 72 columns. */
  addComment(text: string): this {
    return this.#addText("COMMENT", text);
  }

  clone(): Header {
    return new Header(this.#cards, this.origin);
  }

  #put(key: string, value: CardValue, comment: string | undefined, position: number): this {
    const name = normalKeyword(key);
    if (commentary.has(name)) return this.#addText(name, String(value ?? ""));
    const old = this.card(name);
    if (old === undefined) return this.#splice(position, 0, Card.of(name, value, comment));
    if (comment === undefined && holds(old, value)) return this;
    const made = Card.of(name, value, comment ?? commentOf(old));
    return this.#splice(this.#cards.indexOf(old), 1, hasLongForm(old) ? inLongForm(made) : made);
  }

  #addText(keyword: string, text: string): this {
    const last = this.#cards.findLastIndex((card) => card.keyword === keyword);
    const position = last === -1 || keyword === "" ? this.#cards.length : last + 1;
    return this.#splice(position, 0, ...Card.commentary(keyword, text));
  }

  #splice(position: number, count: number, ...cards: readonly Card[]): this {
    this.#cards.splice(position, count, ...cards);
    this.#firsts = undefined;
    return this;
  }

  #first(keyword: string): Card | undefined {
    if (this.#records !== undefined) return this.#records.first(keyword);
    if (this.#firsts === undefined) {
      this.#firsts = new Map();
      for (const card of this.#list) if (!this.#firsts.has(card.keyword)) this.#firsts.set(card.keyword, card);
    }
    return this.#firsts.get(keyword);
  }

  #texts(keyword: string): string[] {
    return this.#cards.filter((card) => card.keyword === keyword).map((card) => String(card.value));
  }

  #position(anchor: string): number {
    const card = this.card(anchor);
    if (card === undefined) throw this.#missing(anchor);
    return this.#cards.indexOf(card);
  }

  #value(card: Card | undefined): CardValue {
    try {
      return card?.value;
    } catch (error) {
      if (this.origin === undefined || !(error instanceof Error)) throw error;
      throw new FirstlightError("FITS_CARD_INVALID", `${this.origin}: ${error.message}`, {
        fields: { file: this.origin, keyword: card?.keyword },
        cause: error,
      });
    }
  }

  #required(key: string): Exclude<CardValue, undefined> {
    const card = this.card(key);
    if (card === undefined) throw this.#missing(key);
    const value = this.#value(card);
    if (value === undefined) throw this.#wrongType(key, value, "a value");
    return value;
  }

  #missing(key: string): FirstlightError {
    return new FirstlightError("FITS_KEY_MISSING", `The header${this.#where()} has no card ${normalKeyword(key)}.`, {
      fields: { key: normalKeyword(key), file: this.origin },
    });
  }

  #wrongType(key: string, value: CardValue, expected: string): FirstlightError {
    const found = value === undefined ? "no value" : `${typeName(value)} ${shown(value)}`;
    return new FirstlightError(
      "FITS_KEY_TYPE",
      `The card ${normalKeyword(key)} of the header${this.#where()} holds ${found}; expected ${expected}.`,
      { fields: { key: normalKeyword(key), file: this.origin, expected } },
    );
  }

  #where(): string {
    return this.origin === undefined ? "" : ` of ${this.origin}`;
  }
}

function isIterable(source: HeaderRecord | Iterable<Card>): source is Iterable<Card> {
  return Symbol.iterator in source;
}

function isPair(entry: CardValue | readonly [CardValue, string]): entry is readonly [CardValue, string] {
  return Array.isArray(entry);
}

function holds(card: Card, value: CardValue): boolean {
  try {
    const held = card.value;
    if (isComplex(held) && isComplex(value)) return Object.is(held.re, value.re) && Object.is(held.im, value.im);
    return isReal(held) && isReal(value) ? Object.is(held.value, value.value) : Object.is(held, value);
  } catch {
    return false;
  }
}

function hasLongForm({ image }: Card): boolean {
  return image.startsWith("HIERARCH");
}

/** A HIERARCH card stays one where there is room: beside it there may be an ordinary card of that keyword. */
function inLongForm(made: Card): Card {
  const image = `HIERARCH ${made.keyword} = ${made.image.slice(10).trim()}`;
  return hasLongForm(made) || made.image.length > 80 || image.length > 80 ? made : Card.parse(image.padEnd(80));
}

/** The comment of a card that is about to get a new value; a card that cannot be read has none to keep. */
function commentOf(card: Card): string {
  try {
    return card.isCommentary ? "" : card.comment;
  } catch {
    return "";
  }
}

function typeName(value: Exclude<CardValue, undefined>): string {
  if (isReal(value)) return "the real";
  if (typeof value === "number") return Number.isInteger(value) ? "the integer" : "the real";
  if (typeof value === "bigint") return "the integer";
  if (typeof value === "boolean") return "the logical";
  return typeof value === "string" ? "the string" : "the complex";
}

function shown(value: Exclude<CardValue, undefined>): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "boolean") return value ? "T" : "F";
  return isComplex(value) ? formatComplex(value) : String(value);
}
