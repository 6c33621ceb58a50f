import type { StructureCards } from "../structure-cards.ts";
import { type BinaryForm, elementBytes, parseBinaryForm } from "./binary-form.ts";

export interface BinaryColumn extends BinaryForm {
  /** From 1 on, as in TTYPEn. */
  readonly number: number;
  /** TTYPEn without trailing blanks; empty where there is none. */
  readonly name: string;
  /** From the start of the row. */
  readonly offsetBytes: number;
}

/** Where rows, columns and heap of a binary table lie in its data unit (FITS 4.0 §7.3). */
export interface BinaryTable {
  readonly rowBytes: number;
  readonly rowCount: number;
  readonly columns: readonly BinaryColumn[];
  /** From the start of the data unit. */
  readonly heapOffset: number;
  readonly dataSizeBytes: number;
}

/** Reads the layout from the cards of a BINTABLE whose data unit is `dataSizeBytes` long. */
export function binaryTable(cards: StructureCards, dataSizeBytes: number): BinaryTable {
  // A table without rows still says how long one would be.
  const rowBytes = cards.count("NAXIS1", 0, cards.value("NAXIS2") === 0 ? Number.MAX_SAFE_INTEGER : dataSizeBytes);
  // Rows without bytes cost the file nothing.
  const rowCount = cards.count("NAXIS2", 0, rowBytes === 0 ? 10_000 : Number.MAX_SAFE_INTEGER);
  const columns: BinaryColumn[] = [];
  let offsetBytes = 0;
  for (let number = 1; number <= cards.count("TFIELDS", 0, 999); number += 1) {
    const text = cards.text(`TFORM${number}`);
    const form = text === undefined ? undefined : parseBinaryForm(text);
    if (form === undefined) throw cards.invalid(`TFORM${number} is "${text ?? ""}", which is no form of a column.`);
    columns.push({ ...form, number, name: cards.text(`TTYPE${number}`) ?? "", offsetBytes });
    offsetBytes += form.widthBytes;
  }
  // Some writers leave room behind the last column.
  if (!(offsetBytes <= rowBytes)) {
    throw cards.invalid(`the columns fill ${offsetBytes} bytes of each row, NAXIS1 has ${rowBytes}.`);
  }
  const rowsBytes = rowBytes * rowCount;
  const heapOffset = cards.count("THEAP", rowsBytes, Math.max(rowsBytes, dataSizeBytes), rowsBytes);
  return { rowBytes, rowCount, columns, heapOffset, dataSizeBytes };
}

/** A part of the heap that a descriptor points at; the offset counts from the start of the data unit. */
export interface HeapRange {
  readonly count: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Reads a descriptor at `at`. `undefined` when it points out of the data unit. */
export function heapRange(data: DataView, at: number, column: BinaryColumn, table: BinaryTable): HeapRange | undefined {
  if (column.repeat === 0) return nothing;
  const long = column.descriptor === "Q";
  const count = long ? Number(data.getBigInt64(at)) : data.getInt32(at);
  if (count === 0) return nothing;
  const start = long ? Number(data.getBigInt64(at + 8)) : data.getInt32(at + 4);
  const sizeBytes = elementBytes(column.code, count);
  const offset = table.heapOffset + start;
  const inside = count > 0 && start >= 0 && offset + sizeBytes <= table.dataSizeBytes;
  return inside ? { count, offset, sizeBytes } : undefined;
}

const nothing: HeapRange = { count: 0, offset: 0, sizeBytes: 0 };
