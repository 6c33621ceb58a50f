import { Card } from "../card.ts";
import { Header } from "../header.ts";

/** Cards that change their name when an image is compressed (FITS 4.0 §10.1.2); the others keep theirs. */
export const restored: ReadonlyMap<string, string> = new Map([
  ["ZSIMPLE", "SIMPLE"],
  ["ZTENSION", "XTENSION"],
  ["ZBITPIX", "BITPIX"],
  ["ZNAXIS", "NAXIS"],
  ["ZEXTEND", "EXTEND"],
  ["ZBLOCKED", "BLOCKED"],
  ["ZPCOUNT", "PCOUNT"],
  ["ZGCOUNT", "GCOUNT"],
  ["ZHECKSUM", "CHECKSUM"],
  ["ZDATASUM", "DATASUM"],
]);

/** Cards that tell of the table and its tiles. */
export const ofTheTable = new RegExp(
  `^(?:${[
    "SIMPLE|XTENSION|BITPIX|NAXIS|NAXIS[12]|PCOUNT|GCOUNT|TFIELDS|THEAP|CHECKSUM|DATASUM",
    "ZIMAGE|ZCMPTYPE|ZMASKCMP|ZQUANTIZ|ZDITHER0|ZSCALE|ZZERO|ZBLANK",
    "(?:ZTILE|ZNAME|ZVAL)[1-9][0-9]{0,2}",
  ].join("|")})$`,
);
/** Cards that tell of the column of that number. */
export const ofAColumn = /^(?:TTYPE|TFORM|TUNIT|TNULL|TSCAL|TZERO|TDISP|TDIM)([1-9][0-9]{0,2})$/;
const mandatory = /^(?:SIMPLE|XTENSION|BITPIX|NAXIS[0-9]*|PCOUNT|GCOUNT)$/;

/**
 * The header that a compressed image has when it is not compressed: the image's own cards under their own names, byte for
 * byte but for the name, the mandatory ones in front; without the cards that tell of the table and the tiles.
 */
export function imageHeader(table: Header): Header {
  const columnCount = Number(table.get("TFIELDS"));
  const front = new Map<string, Card>();
  const rest: Card[] = [];
  for (const card of table) {
    const name = nameInImage(card, columnCount);
    if (name === undefined) continue;
    const own = name === card.keyword ? card : renamed(card, name);
    // Of two cards of one name the first counts, as in any header.
    if (name !== card.keyword && mandatory.test(name)) front.set(name, front.get(name) ?? own);
    else rest.push(own);
  }
  const axisCount = Number(front.get("NAXIS")?.value ?? 0);
  const axes = Array.from({ length: axisCount }, (_, axis) => front.get(`NAXIS${axis + 1}`));
  const primary = front.has("SIMPLE");
  const header = [
    primary ? front.get("SIMPLE") : (front.get("XTENSION") ?? Card.of("XTENSION", "IMAGE", "image extension")),
    front.get("BITPIX"),
    front.get("NAXIS"),
    ...axes,
    front.get("PCOUNT") ?? (primary ? undefined : Card.of("PCOUNT", 0, "number of parameters")),
    front.get("GCOUNT") ?? (primary ? undefined : Card.of("GCOUNT", 1, "number of groups")),
    ...withBlank(rest, table),
  ];
  return new Header(
    header.filter((card) => card !== undefined),
    table.origin,
  );
}

function nameInImage(card: Card, columnCount: number): string | undefined {
  const { keyword } = card;
  if (card.isCommentary) return keyword;
  const back = restored.get(keyword) ?? (/^ZNAXIS[1-9][0-9]{0,2}$/.test(keyword) ? keyword.slice(1) : undefined);
  if (back !== undefined) return back;
  if (ofTheTable.test(keyword)) return undefined;
  const column = ofAColumn.exec(keyword)?.[1];
  if (column !== undefined && Number(column) <= columnCount) return undefined;
  // The name that writers give to a table whose image has none.
  if (keyword === "EXTNAME" && /^EXTNAME = 'COMPRESSED_IMAGE *'/.test(card.image)) return undefined;
  return keyword;
}

/** ZBLANK is what BLANK would be, where pixels are integers; the table's own value counts. */
function withBlank(cards: readonly Card[], table: Header): Card[] {
  const blank = table.card("ZBLANK");
  if (blank === undefined || !(Number(table.get("ZBITPIX")) > 0)) return [...cards];
  const own = renamed(blank, "BLANK");
  const at = cards.findIndex((card) => card.keyword === "BLANK");
  return at === -1 ? [...cards, own] : cards.toSpliced(at, 1, own);
}

function renamed(card: Card, name: string): Card {
  return Card.parse(name.padEnd(8) + card.image.slice(8));
}
