import type { StructureCards } from "../structure-cards.ts";
import { elementBytes } from "./binary-form.ts";
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
  const dimensions = dimensionsOf(cards, column);
  if (column.descriptor !== undefined) {
    const rows = arrays(data, table, column, scaling, fail);
    return dimensions === undefined
      ? { ...base, type: "variable", rows }
      : { ...base, type: "variable", rows, shape: dimensions.toReversed() };
  }
  const textBytes = column.code === "A" ? (dimensions?.[0] ?? column.textBytes) : 0;
  // What TDIMn leaves over at the end of a cell is fill.
  const repeat = dimensions === undefined ? column.repeat : productOf(dimensions);
  const form: CellForm = { code: column.code, repeat, textBytes, scaling };
  const shape = shapeOf(column, dimensions, textBytes);
  if (column.code === "A" && textBytes === 0) {
    return { ...base, type: "text", data: new Array<string>(table.rowCount).fill(""), nulls: undefined, shape };
  }
  return { ...base, ...cellValues(cellsOf(data, table, column, elementBytes(column.code, repeat)), form), shape };
}

/** The first bytes of each of the column's cells, row behind row. */
function cellsOf(
  data: Uint8Array,
  { rowBytes, rowCount }: BinaryTable,
  { offsetBytes }: BinaryColumn,
  widthBytes: number,
): Uint8Array<ArrayBuffer> {
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

/**
 * TDIMn, the fastest axis first, where it fits the column: of fewer elements than there are it is the shape of the first ones, and
 * one of more is to be ignored (FITS 4.0 §7.3.2).
 */
function dimensionsOf(cards: StructureCards, column: BinaryColumn): readonly number[] | undefined {
  const text = /^\s*\(([\d\s,]+)\)\s*$/.exec(cards.text(`TDIM${column.number}`) ?? "")?.[1];
  if (text === undefined) return undefined;
  const dimensions = text.split(",").map(Number);
  const size = productOf(dimensions);
  // Of arrays in the heap each has a size of its own; a text there is one string.
  if (column.descriptor !== undefined) return size > 0 && column.code !== "A" ? dimensions : undefined;
  return size === column.repeat || (size > 0 && size < column.repeat) ? dimensions : undefined;
}

function productOf(lengths: readonly number[]): number {
  return lengths.reduce((size, length) => size * length, 1);
}

function shapeOf(column: BinaryColumn, dimensions: readonly number[] | undefined, textBytes: number): number[] {
  if (column.code === "A") {
    if (dimensions !== undefined) return dimensions.slice(1).reverse();
    return textBytes === column.repeat ? [] : [Math.floor(column.repeat / textBytes)];
  }
  if (dimensions !== undefined) return dimensions.toReversed();
  return column.repeat === 1 ? [] : [column.repeat];
}
