import type { StructureCards } from "../structure-cards.ts";
import { type BinaryColumn, type BinaryTable, heapRange } from "./binary-table.ts";
import { type CellForm, cellValues } from "./cell-values.ts";
import type { Column, VariableColumn } from "./column.ts";
import { numberScaling } from "./number-scaling.ts";

/** Makes an error about a row, which names file, HDU and offset. */
export type FailAtRow = (row: number, problem: string) => Error;

/** One column of a binary table, out of its data unit (FITS 4.0 §7.3). */
export function readBinaryColumn(
  data: Uint8Array<ArrayBuffer>,
  table: BinaryTable,
  column: BinaryColumn,
  cards: StructureCards,
  fail: FailAtRow,
): Column {
  const { number, name } = column;
  const unit = cards.text(`TUNIT${number}`);
  const base = { number, name, unit, form: cards.text(`TFORM${number}`) ?? "" };
  const scaling = numberScaling(cards, number);
  if (column.descriptor !== undefined)
    return { ...base, type: "variable", rows: arrays(data, table, column, scaling, fail) };
  const dimensions = dimensionsOf(cards, column);
  const textBytes = column.code === "A" ? (dimensions?.[0] ?? column.textBytes) : 0;
  const form: CellForm = { code: column.code, repeat: column.repeat, textBytes, scaling };
  const shape = shapeOf(column, dimensions, textBytes);
  if (column.code === "A" && textBytes === 0) {
    return { ...base, type: "text", data: new Array<string>(table.rowCount).fill(""), nulls: undefined, shape };
  }
  return { ...base, ...cellValues(cellsOf(data, table, column), form), shape };
}

/** The column's bytes, row behind row. */
function cellsOf(data: Uint8Array, { rowBytes, rowCount }: BinaryTable, column: BinaryColumn): Uint8Array<ArrayBuffer> {
  const { offsetBytes, widthBytes } = column;
  const cells = new Uint8Array(widthBytes * rowCount);
  if (widthBytes === 0) return cells;
  for (let row = 0, from = offsetBytes; row < rowCount; row += 1, from += rowBytes) {
    cells.set(data.subarray(from, from + widthBytes), row * widthBytes);
  }
  return cells;
}

function arrays(
  data: Uint8Array<ArrayBuffer>,
  table: BinaryTable,
  column: BinaryColumn,
  scaling: CellForm["scaling"],
  fail: FailAtRow,
): VariableColumn["rows"] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let total = 0;
  return Array.from({ length: table.rowCount }, (_, row) => {
    const range = heapRange(view, row * table.rowBytes + column.offsetBytes, column, table);
    if (range === undefined) throw fail(row, `the array of the column ${column.name} would lie outside of the heap.`);
    total += range.sizeBytes;
    if (total > 16 * table.dataSizeBytes)
      throw fail(row, `many rows of the column ${column.name} share the same bytes.`);
    // An empty text is a text all the same.
    if (column.code === "A" && range.count === 0) return { type: "text", data: [""], nulls: undefined } as const;
    const bytes = data.slice(range.offset, range.offset + range.sizeBytes);
    return cellValues(bytes, { code: column.code, repeat: range.count, textBytes: range.count, scaling });
  });
}

/** TDIMn, the fastest axis first, where it fits the column: others are to be ignored (FITS 4.0 §7.3.2). */
function dimensionsOf(cards: StructureCards, column: BinaryColumn): number[] | undefined {
  const text = /^\s*\(([\d\s,]+)\)\s*$/.exec(cards.text(`TDIM${column.number}`) ?? "")?.[1];
  if (text === undefined) return undefined;
  const dimensions = text.split(",").map(Number);
  const product = (lengths: readonly number[]) => lengths.reduce((size, length) => size * length, 1);
  const size = product(dimensions);
  if (size === column.repeat) return dimensions;
  const strings = Math.floor(column.repeat / (dimensions[0] ?? 0));
  return column.code === "A" && size > 0 && strings === product(dimensions.slice(1)) ? dimensions : undefined;
}

function shapeOf(column: BinaryColumn, dimensions: readonly number[] | undefined, textBytes: number): number[] {
  if (column.code === "A") {
    if (dimensions !== undefined) return dimensions.slice(1).reverse();
    return textBytes === column.repeat ? [] : [Math.floor(column.repeat / textBytes)];
  }
  if (dimensions !== undefined) return dimensions.toReversed();
  return column.repeat === 1 ? [] : [column.repeat];
}
