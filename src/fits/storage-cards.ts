import type { NdArray } from "../core/ndarray.ts";
import { Card } from "./card.ts";
import { cardLength } from "./card-format.ts";
import type { CardValue } from "./card-value.ts";
import type { Header } from "./header.ts";
import { blankChecksum } from "./sign-header.ts";
import { storageOf } from "./storage.ts";

export interface HduRole {
  /** 0 makes the primary, any other index an IMAGE extension. */
  readonly index: number;
  /** How many HDUs the file will have. */
  readonly count: number;
  readonly checksum: boolean;
}

// They describe how the data were stored where the header comes from, which says nothing of how they are stored now.
const storageKeyword = /^(?:SIMPLE|XTENSION|BITPIX|NAXIS[0-9]*|PCOUNT|GCOUNT|GROUPS|BLANK|ZDATASUM|ZHECKSUM)$/;

/**
 * The cards of an HDU as they go to the file: the mandatory ones first and in order (FITS 4.0 §4.4.1), made to fit the
 * image; then the header's own in their order, BSCALE, BZERO, DATASUM and CHECKSUM brought up to date or taken out.
 */
export function storageCards(header: Header, image: NdArray | undefined, role: HduRole): Card[] {
  const { bitpix, bzero } = image === undefined ? { bitpix: 8, bzero: 0 } : storageOf(image.data);
  const axes = image === undefined ? [] : image.shape.toReversed();
  const primary = role.index === 0;
  const card = (key: string, value: CardValue, comment: string) => renewed(header, key, value, comment);
  const mandatory = [
    primary ? card("SIMPLE", true, "conforms to FITS standard") : card("XTENSION", "IMAGE", "image extension"),
    card("BITPIX", bitpix, "array data type"),
    card("NAXIS", axes.length, "number of array dimensions"),
    ...axes.map((length, axis) => card(`NAXIS${axis + 1}`, length, "")),
    ...(primary ? [] : [card("PCOUNT", 0, "number of parameters"), card("GCOUNT", 1, "number of groups")]),
  ];
  const changing = new Map<string, Card | undefined>([
    ["EXTEND", extend(header, role)],
    ["BSCALE", bzero === 0 ? undefined : card("BSCALE", 1, "physical = stored * BSCALE + BZERO")],
    ["BZERO", bzero === 0 ? undefined : card("BZERO", bzero, "offset of the unsigned integers")],
    ["DATASUM", role.checksum ? card("DATASUM", "0", "data unit checksum") : undefined],
    ["CHECKSUM", role.checksum ? card("CHECKSUM", blankChecksum, "HDU checksum") : undefined],
  ]);
  const own: Card[] = [];
  const placed = new Set<string>();
  for (const each of header) {
    if (storageKeyword.test(each.keyword)) continue;
    if (!changing.has(each.keyword)) own.push(each);
    else if (!placed.has(each.keyword)) {
      const now = changing.get(each.keyword);
      if (now !== undefined) own.push(now);
      placed.add(each.keyword);
    }
  }
  const missing = (...keys: string[]): Card[] =>
    keys.flatMap((key) => (placed.has(key) ? [] : (changing.get(key) ?? [])));
  return [
    ...mandatory,
    ...missing("EXTEND", "BSCALE", "BZERO"),
    ...longStringCards(own),
    ...own,
    ...missing("CHECKSUM", "DATASUM"),
  ];
}

/** The card that goes before long strings: FITS 4.0 no longer needs it, but fitsverify still asks for it. */
export function longStringCards(own: readonly Card[]): Card[] {
  const missing =
    own.some(({ image }) => image.length > cardLength) && !own.some(({ keyword }) => keyword === "LONGSTRN");
  return missing ? [Card.of("LONGSTRN", "OGIP 1.0", "CONTINUE cards may be present")] : [];
}

/** EXTEND belongs to a primary; it is there when extensions follow, or when it was there and none do. */
function extend(header: Header, { index, count }: HduRole): Card | undefined {
  if (index > 0) return undefined;
  if (count > 1) return renewed(header, "EXTEND", true, "extensions may be present");
  return header.card("EXTEND");
}

/** The header's own card, untouched when its fixed-format columns say the same already; else one with its comment. */
export function renewed(header: Header, key: string, value: CardValue, comment: string): Card {
  const old = header.card(key);
  const made = Card.of(key, value, comment);
  if (old === undefined || old.isCommentary) return made;
  if (old.image.slice(0, 30) === made.image.slice(0, 30) && old.image.length === made.image.length) return old;
  const kept = readable(old);
  return kept === "" ? Card.of(key, value, "") : Card.of(key, value, kept ?? comment);
}

function readable(card: Card): string | undefined {
  try {
    return card.comment;
  } catch {
    return undefined;
  }
}
