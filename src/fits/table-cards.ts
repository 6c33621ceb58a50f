import { Card } from "./card.ts";
import type { CardValue } from "./card-value.ts";
import type { Header } from "./header.ts";
import { checksumCards } from "./sign-header.ts";
import { longStringCards, renewed } from "./storage-cards.ts";
import { parseBinaryForm } from "./tables/binary-form.ts";
import type { ColumnPlan } from "./tables/column-plan.ts";
import type { WritableColumn } from "./tables/writable-column.ts";
import type { WrittenTable } from "./tables/write-binary-table.ts";

const structure =
  /^(?:SIMPLE|XTENSION|BITPIX|NAXIS[0-9]*|PCOUNT|GCOUNT|GROUPS|EXTEND|TFIELDS|THEAP|CHECKSUM|DATASUM|BSCALE|BZERO|BLANK)$/;
/** What follows from the column itself. */
const layout = /^(?:TTYPE|TFORM|TUNIT|TDIM|TZERO|TSCAL|TNULL|TBCOL)[1-9][0-9]{0,2}$/;
/** What else may be said of a column: its display, its range, its coordinates (FITS 4.0 §7.3.4, §7.4, table 22). */
const indexed =
  /^(TDISP|TLMIN|TLMAX|TDMIN|TDMAX|TCTYP|TCUNI|TCRPX|TCRVL|TCDLT|TCROT|TCNAM|TUCD|TCOMM)([1-9][0-9]{0,2})([A-Z]?)$/;

/**
 * The cards of a binary table: the mandatory ones and those of the columns in front, then the header's own in their order. Columns
 * that have their number from the header's table keep the comments of their cards and what else is said of them.
 */
export function tableCards(
  header: Header,
  columns: readonly WritableColumn[],
  table: WrittenTable,
  checksum: boolean,
): Card[] {
  const card = (key: string, value: CardValue, comment: string) => renewed(header, key, value, comment);
  const own = [...header].flatMap((each) => kept(each, header, columns, table.plans));
  return [
    card("XTENSION", "BINTABLE", "binary table extension"),
    card("BITPIX", 8, "array data type"),
    card("NAXIS", 2, "number of array dimensions"),
    card("NAXIS1", table.rowBytes, "length of a row in bytes"),
    card("NAXIS2", table.rowCount, "number of rows"),
    card("PCOUNT", table.heapBytes, "size of the heap in bytes"),
    card("GCOUNT", 1, "number of groups"),
    card("TFIELDS", columns.length, "number of columns"),
    ...columns.flatMap((column, index) => columnCards(header, column, table.plans[index] as ColumnPlan, index + 1)),
    ...longStringCards(own),
    ...own,
    ...(checksum ? checksumCards() : []),
  ];
}

function columnCards(header: Header, column: WritableColumn, plan: ColumnPlan, number: number): Card[] {
  const { zero, nullValue } = plan;
  const cards: Card[] = [];
  const add = (stem: string, value: CardValue, comment = ""): void => {
    const old = column.number === undefined ? undefined : header.card(`${stem}${column.number}`);
    const made = Card.of(`${stem}${number}`, value, comment);
    // A card that says the same already keeps its bytes, its comment among them.
    const isSame = old !== undefined && old.image.slice(8, 30) === made.image.slice(8, 30) && sameValue(old, made);
    cards.push(isSame ? Card.parse(made.image.slice(0, 8) + old.image.slice(8)) : made);
  };
  add("TTYPE", column.name);
  add("TFORM", plan.form);
  if (column.unit !== undefined) add("TUNIT", column.unit);
  if (plan.dimensions !== undefined) add("TDIM", plan.dimensions);
  if (zero !== 0) {
    add("TSCAL", 1);
    add("TZERO", zero, "offset of the unsigned integers");
  }
  if (nullValue !== undefined) {
    const stored = BigInt(nullValue) - BigInt(zero);
    add("TNULL", typeof nullValue === "bigint" ? stored : Number(stored), "undefined");
  }
  return cards;
}

function sameValue(one: Card, other: Card): boolean {
  try {
    return Object.is(one.value, other.value);
  } catch {
    return false;
  }
}

/** The card as it goes along, under the column's new number; nothing for one that tells of the table or of a column left out. */
function kept(card: Card, header: Header, columns: readonly WritableColumn[], plans: readonly ColumnPlan[]): Card[] {
  if (card.isCommentary) return [card];
  if (structure.test(card.keyword) || layout.test(card.keyword)) return [];
  const [, stem, number, letter = ""] = indexed.exec(card.keyword) ?? [];
  if (stem === undefined) return [card];
  const index = columns.findIndex((column) => column.number === Number(number));
  const plan = plans[index];
  if (plan === undefined) return [];
  // How to show a number that is of another type now, nobody has said.
  const before = parseBinaryForm(String(header.get(`TFORM${number}`)))?.code;
  if (stem === "TDISP" && before !== plan.code) return [];
  const name = `${stem}${index + 1}${letter}`;
  if (name === card.keyword) return [card];
  return name.length > 8 ? [] : [Card.parse(name.padEnd(8) + card.image.slice(8))];
}
