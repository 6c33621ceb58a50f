import { FirstlightError } from "../core/errors.ts";
import { cardError, cardLength, formatCard, formatCommentary } from "./card-format.ts";
import { type CardContent, type CardValue, parseCardContent } from "./card-value.ts";

const commentaryKeywords: ReadonlySet<string> = new Set(["COMMENT", "HISTORY", "", "CONTINUE"]);

/**
 * One header record (FITS 4.0 §4.1): keyword, value and comment, and the very characters that it was read from, which
 * are written back as they are. Immutable: a changed card is a new card. A string with its CONTINUE records is one card.
 */
export class Card {
  /** The characters of the card, 80 for each record. */
  readonly image: string;
  /** Upper case. Empty for a blank keyword; without the word HIERARCH for a HIERARCH card. */
  readonly keyword: string;
  readonly #valueColumn: number;
  #content: CardContent | undefined;

  private constructor(image: string, keyword: string, valueColumn: number, content?: CardContent) {
    this.image = image;
    this.keyword = keyword;
    this.#valueColumn = valueColumn;
    this.#content = content;
  }

  /** Takes a card as it stands in a file: 80 characters, and 80 more for each CONTINUE record. */
  static parse(image: string): Card {
    const keyword = inCapitals(image.slice(0, 8).trimEnd());
    if (image.startsWith("= ", 8) && !commentaryKeywords.has(keyword)) return new Card(image, keyword, 10);
    if (keyword === "HIERARCH") {
      const equals = image.indexOf("=");
      const name = image.slice(8, equals).trim().toUpperCase();
      if (equals > 0 && equals < cardLength && name !== "") return new Card(image, name, equals + 1);
    }
    return new Card(image, keyword, -1);
  }

  /**
   * Makes a card. A whole number in a bare `number` is an integer; `real(10)` keeps its point. COMMENT, HISTORY and a
   * blank keyword take a text of at most 72 characters.
   *
   * @throws FirstlightError FITS_CARD_INVALID for what a FITS header cannot hold: NaN, control characters, END
   */
  static of(keyword: string, value: CardValue, comment = ""): Card {
    const name = normalKeyword(keyword);
    if (name === "CONTINUE" || name === "END") throw cardError(name, "the keyword is reserved.");
    if (commentaryKeywords.has(name)) {
      const [card, ...more] = Card.commentary(name, String(value ?? ""));
      if (card === undefined || more.length > 0) throw cardError(name, "its text is longer than 72 characters.");
      return card;
    }
    const image = formatCard(name, value, comment);
    // Read back from the image, so that a card says in memory what it will say in the file.
    const { keyword: read, value: again } = Card.parse(image);
    if (read !== name || (value === undefined) !== (again === undefined)) {
      throw cardError(name, "read back, it would be another card.");
    }
    return Card.parse(image);
  }

  /** The cards of a text under COMMENT, HISTORY or a blank keyword, wrapped at words to 72 columns. */
  static commentary(keyword: "COMMENT" | "HISTORY" | "" | (string & {}), text: string): Card[] {
    return formatCommentary(normalKeyword(keyword), text).map((image) => Card.parse(image));
  }

  /** True for COMMENT, HISTORY, blank keywords and every other card without a value indicator; its value is its text. */
  get isCommentary(): boolean {
    return this.#valueColumn === -1;
  }

  /** @throws FirstlightError FITS_CARD_INVALID when the characters are no FITS value */
  get value(): CardValue {
    return this.#read().value;
  }

  /** Empty where there is none. */
  get comment(): string {
    return this.#read().comment;
  }

  #read(): CardContent {
    this.#content ??= this.isCommentary
      ? { value: this.image.slice(8).trimEnd(), comment: "" }
      : parseValueImage(this.image, this.#valueColumn);
    if (this.#content === undefined) {
      const found = this.image.slice(0, cardLength).trimEnd();
      throw new FirstlightError("FITS_CARD_INVALID", `The card ${this.keyword} holds no FITS value: "${found}".`, {
        fields: { keyword: this.keyword, image: found },
      });
    }
    return this.#content;
  }
}

/** Nearly all keywords are in capitals already, and to look takes a fraction of making them so. */
function inCapitals(keyword: string): string {
  for (let i = 0; i < keyword.length; i += 1) if (keyword.charCodeAt(i) >= 0x61) return keyword.toUpperCase();
  return keyword;
}

/** The keyword under which a card is looked up. */
export function normalKeyword(keyword: string): string {
  const upper = keyword.trim().toUpperCase();
  return upper.startsWith("HIERARCH ") ? upper.slice(9).trim() : upper;
}

/** True when the record at `next` goes on with a string that the record `image` leaves open with an ampersand. */
export function isContinued(image: string, next: string): boolean {
  if (!/^CONTINUE {2,}'/.test(next)) return false;
  const card = image.startsWith("CONTINUE") ? parseCardContent(image.slice(8)) : safeContent(Card.parse(image));
  return typeof card?.value === "string" && card.value.endsWith("&");
}

function safeContent(card: Card): CardContent | undefined {
  if (card.isCommentary) return undefined;
  const column = card.image.startsWith("= ", 8) ? 10 : card.image.indexOf("=") + 1;
  return parseCardContent(card.image.slice(column));
}

function parseValueImage(image: string, column: number): CardContent | undefined {
  if (image.length <= cardLength) return parseCardContent(image.slice(column));
  const pieces: string[] = [];
  const comments: string[] = [];
  for (let offset = 0; offset < image.length; offset += cardLength) {
    const content = parseCardContent(image.slice(offset + (offset === 0 ? column : 8), offset + cardLength));
    if (typeof content?.value !== "string") return undefined;
    const last = offset + cardLength >= image.length;
    pieces.push(last ? content.value : content.value.slice(0, -1));
    if (content.comment !== "") comments.push(content.comment);
  }
  return { value: pieces.join("").trimEnd(), comment: comments.join(" ") };
}
