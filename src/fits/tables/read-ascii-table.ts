import type { PixelArray } from "../../core/ndarray.ts";
import { latin1 } from "../parse-header.ts";
import type { StructureCards } from "../structure-cards.ts";
import { type AsciiForm, asciiInteger, asciiReal, parseAsciiForm } from "./ascii-form.ts";
import type { Column } from "./column.ts";
import { numberScaling } from "./number-scaling.ts";
import type { FailAtRow } from "./read-binary-table.ts";

export interface AsciiColumn extends AsciiForm {
  /** From 1 on, as in TTYPEn. */
  readonly number: number;
  readonly name: string;
  /** From the start of the row, 0 where TBCOLn is 1. */
  readonly offset: number;
}

export interface AsciiTable {
  readonly rowBytes: number;
  readonly rowCount: number;
  readonly columns: readonly AsciiColumn[];
}

/** Reads the layout from the cards of a TABLE whose data unit is `dataSizeBytes` long (FITS 4.0 §7.2). */
export function asciiTable(cards: StructureCards, dataSizeBytes: number): AsciiTable {
  // A table without rows still says how long one would be.
  const rowBytes = cards.count("NAXIS1", 0, cards.value("NAXIS2") === 0 ? Number.MAX_SAFE_INTEGER : dataSizeBytes);
  const rowCount = cards.count("NAXIS2", 0, rowBytes === 0 ? 10_000 : Number.MAX_SAFE_INTEGER);
  const columns = Array.from({ length: cards.count("TFIELDS", 0, 999) }, (_, index): AsciiColumn => {
    const number = index + 1;
    const text = cards.text(`TFORM${number}`);
    const form = text === undefined ? undefined : parseAsciiForm(text);
    if (form === undefined) throw cards.invalid(`TFORM${number} is "${text ?? ""}", which is no form of a column.`);
    const offset = cards.count(`TBCOL${number}`, 1, Math.max(1, rowBytes)) - 1;
    if (offset + form.width > rowBytes) {
      throw cards.invalid(`column ${number} ends at character ${offset + form.width}, a row has ${rowBytes}.`);
    }
    return { ...form, number, name: cards.text(`TTYPE${number}`) ?? "", offset };
  });
  return { rowBytes, rowCount, columns };
}

/**
 * One column of an ASCII table. Whole numbers of up to 9 characters come as int32, of up to 15 as float64 and of more as 64-bit
 * integers; reals, and what is scaled, as float64.
 */
export function readAsciiColumn(
  data: Uint8Array,
  table: AsciiTable,
  column: AsciiColumn,
  cards: StructureCards,
  fail: FailAtRow,
): Column {
  const { number, name, code, width, decimals } = column;
  const unit = cards.text(`TUNIT${number}`);
  const base = { number, name, unit, form: cards.text(`TFORM${number}`) ?? "", shape: [] };
  const field = (row: number) => {
    const start = row * table.rowBytes + column.offset;
    return latin1(data.subarray(start, start + width));
  };
  if (code === "A") {
    const texts = Array.from({ length: table.rowCount }, (_, row) => field(row).replace(/[ \0]+$/, ""));
    return { ...base, type: "text", data: texts, nulls: undefined };
  }
  const nullText = cards.text(`TNULL${number}`);
  const { scale, zero } = numberScaling(cards, number);
  const scaled = scale !== 1 || Number(zero) !== 0;
  const values = arrayFor(column, table.rowCount, scaled);
  const nulls = nullText === undefined ? undefined : new Uint8Array(table.rowCount);
  for (let row = 0; row < table.rowCount; row += 1) {
    const text = field(row);
    const isNull = nullText !== undefined && text.trim() === nullText.trim();
    if (isNull && nulls !== undefined) nulls[row] = 1;
    const value = isNull ? 0n : code === "I" ? asciiInteger(text) : asciiReal(text, decimals);
    if (value === undefined) throw fail(row, `the column ${name} holds "${text}", which is no number.`);
    if (values instanceof BigInt64Array) {
      const whole = BigInt(value);
      if (BigInt.asIntN(64, whole) !== whole) {
        throw fail(row, `the column ${name} holds ${text.trim()}, which is beyond the integers of 64 bits.`);
      }
      values[row] = whole;
    } else if (isNull && values instanceof Float64Array) values[row] = Number.NaN;
    else values[row] = scaled ? Number(value) * scale + Number(zero) : Number(value);
  }
  return { ...base, type: "number", data: values as PixelArray, nulls };
}

function arrayFor({ code, width }: AsciiForm, length: number, scaled: boolean) {
  if (code !== "I" || scaled) return new Float64Array(length);
  if (width <= 9) return new Int32Array(length);
  return width <= 15 ? new Float64Array(length) : new BigInt64Array(length);
}
