import { FirstlightError } from "../../core/errors.ts";
import { sizeOf } from "../../core/ndarray.ts";
import type { ColumnValues } from "./column.ts";

export interface WritableBase {
  /** TTYPEn. */
  readonly name: string;
  /** TUNITn. */
  readonly unit?: string | undefined;
  /** From which column of the header's table it comes: what else the header says of that one (TDISPn, …) goes with it. */
  readonly number?: number | undefined;
  /** TFORMn where it came from; keeps the width of texts and the kind of descriptors. The type follows from the values. */
  readonly form?: string | undefined;
}

/**
 * A column to write. What `readTable` gives is one; by hand it is no more than
 * `{ name: "FLUX", type: "number", data: Float32Array.of(1, 2), unit: "ct" }`.
 */
export type WritableColumn = WritableBase &
  (
    | (ColumnValues & {
        /** Of one cell, in C order; left out for a single value. */
        readonly shape?: readonly number[] | undefined;
        /** 1 where the number is undefined: written as TNULLn, reals as NaN. */
        readonly nulls?: Uint8Array | undefined;
      })
    | {
        /** Cells of different lengths; a text of one string. */
        readonly type: "variable";
        /** In C order, of each array that is not empty; not of texts. Left out where it does not fit them. */
        readonly shape?: readonly number[] | undefined;
        readonly rows: readonly (ColumnValues & { readonly nulls?: Uint8Array | undefined })[];
      }
  );

export type FixedWritable = Exclude<WritableColumn, { readonly type: "variable" }>;
export type VariableWritable = Extract<WritableColumn, { readonly type: "variable" }>;

export function columnError(name: string, problem: string): FirstlightError {
  return new FirstlightError("FITS_COLUMN", `The column ${name} cannot be written: ${problem}`, {
    disposition: "invalid",
    fields: { column: name },
  });
}

const valueTypes: readonly ColumnValues["type"][] = ["number", "logical", "bit", "text", "complex"];

/**
 * Looks at what the compiler cannot hold: the names of types, and bits.
 *
 * @throws FirstlightError FITS_COLUMN
 */
export function requireValues(column: WritableColumn): void {
  const { name } = column;
  const all: readonly ColumnValues[] = column.type === "variable" ? column.rows : [column];
  for (const { type, data } of all) {
    if (!valueTypes.includes(type)) {
      const known = [...valueTypes, "variable"].join(", ");
      throw columnError(name, `its type is ${JSON.stringify(type)}; expected one of ${known}.`);
    }
    const bad = type === "bit" ? data.find((bit) => bit !== 0 && bit !== 1) : undefined;
    if (bad !== undefined) throw columnError(name, `a bit of it is ${bad}; bits are 0 or 1.`);
  }
}

/** Values in each cell; 1 for a column without a shape. */
export function cellSize(shape: readonly number[] | undefined): number {
  return shape === undefined || shape.length === 0 ? 1 : sizeOf(shape);
}

/** How many values there are, complex ones counted once. */
function valueCount(values: ColumnValues): number {
  return values.type === "complex" ? values.data.length / 2 : values.data.length;
}

/**
 * How many rows the columns have: what the first one says that has values in its cells.
 *
 * @throws FirstlightError FITS_COLUMN when columns differ
 */
export function rowCountOf(columns: readonly WritableColumn[], stated: number | undefined): number {
  let rowCount = stated;
  for (const column of columns) {
    const rows = rowsOf(column);
    rowCount ??= rows;
    if (rows !== undefined && rows !== rowCount) {
      throw columnError(column.name, `it has values for ${rows} rows; the table has ${rowCount}.`);
    }
  }
  return rowCount ?? 0;
}

function rowsOf(column: WritableColumn): number | undefined {
  if (column.type === "variable") return column.rows.length;
  const size = cellSize(column.shape);
  const count = valueCount(column);
  if (size > 0 && count % size !== 0) {
    throw columnError(column.name, `its ${count} values do not fill whole cells of ${size}.`);
  }
  if (size > 0) return count / size;
  if (count === 0) return undefined;
  throw columnError(column.name, "its shape has no room for the values that it has.");
}
