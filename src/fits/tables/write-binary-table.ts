import { storageOf } from "../storage.ts";
import { elementBytes } from "./binary-form.ts";
import { cellBytes } from "./cell-bytes.ts";
import { type ColumnPlan, lengthOf, planColumn } from "./column-plan.ts";
import {
  columnError,
  requireValues,
  rowCountOf,
  type VariableWritable,
  type WritableColumn,
} from "./writable-column.ts";

export interface WrittenTable {
  readonly rowBytes: number;
  readonly rowCount: number;
  readonly heapBytes: number;
  readonly plans: readonly ColumnPlan[];
  /** The rows, and the heap behind them. */
  readonly data: Uint8Array;
}

/** FITS 4.0 §7.3.1. */
const mostColumns = 999;

/**
 * Lays columns out as the data unit of a binary table (FITS 4.0 §7.3).
 *
 * @throws FirstlightError FITS_COLUMN for columns that differ in their rows, or hold what FITS cannot
 */
export function writeBinaryTable(columns: readonly WritableColumn[], stated?: number): WrittenTable {
  const surplus = columns[mostColumns];
  if (surplus !== undefined) {
    throw columnError(surplus.name, `the table has ${columns.length} columns; TFIELDS is at most ${mostColumns}.`);
  }
  for (const column of columns) requireValues(column);
  const rowCount = rowCountOf(columns, stated);
  const most = columns.reduce((sum, column) => sum + (column.type === "variable" ? heapMostBytes(column) : 0), 0);
  const plans = columns.map((column) => planColumn(column, most));
  const rowBytes = plans.reduce((sum, { widthBytes }) => sum + widthBytes, 0);
  const heap: Uint8Array[] = [];
  let heapBytes = 0;
  const rows = new Uint8Array(rowBytes * rowCount);
  const view = new DataView(rows.buffer);
  let offset = 0;
  for (const [index, column] of columns.entries()) {
    const plan = plans[index] as ColumnPlan;
    const { widthBytes, descriptor } = plan;
    if (column.type === "variable") {
      for (const [row, values] of column.rows.entries()) {
        const count = lengthOf(column.name, values);
        const bytes = cellBytes(column.name, values, { ...plan, repeat: count, textBytes: count });
        const at = row * rowBytes + offset;
        if (descriptor === "P") {
          view.setInt32(at, count);
          view.setInt32(at + 4, heapBytes);
        } else {
          view.setBigInt64(at, BigInt(count));
          view.setBigInt64(at + 8, BigInt(heapBytes));
        }
        heap.push(bytes);
        heapBytes += bytes.length;
      }
    } else {
      const cells = cellBytes(column.name, column, plan);
      if (cells.length !== widthBytes * rowCount) {
        throw columnError(column.name, `its ${cells.length} bytes do not fill ${rowCount} rows of ${widthBytes}.`);
      }
      for (let row = 0; row < rowCount; row += 1) {
        rows.set(cells.subarray(row * widthBytes, (row + 1) * widthBytes), row * rowBytes + offset);
      }
    }
    offset += widthBytes;
  }
  const data = new Uint8Array(rows.length + heapBytes);
  data.set(rows);
  let at = rows.length;
  for (const bytes of heap) {
    data.set(bytes, at);
    at += bytes.length;
  }
  return { rowBytes, rowCount, heapBytes, plans, data };
}

function heapMostBytes({ name, rows }: VariableWritable): number {
  return rows.reduce((sum, values) => {
    const bytes = values.type === "number" ? Math.abs(storageOf(values.data).bitpix) / 8 : 16;
    return sum + elementBytes("B", lengthOf(name, values)) * bytes;
  }, 0);
}
