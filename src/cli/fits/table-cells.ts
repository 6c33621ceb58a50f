import type { Column, ColumnValues } from "../../fits/tables/column.ts";

/** What JSON has for one value: null where it is undefined, a string where a number is not finite, `[re, im]` for a complex one. */
export type CellValue = number | bigint | string | boolean | null | readonly CellValue[];

/** The cells of a column, row by row: one value, or nested lists in the shape of the cell. */
export function* cellsOf(column: Column, rowCount: number): Iterable<CellValue> {
  if (column.type === "variable") {
    const size = (column.shape ?? []).reduce((product, length) => product * length, 1);
    for (const row of column.rows) {
      const cellAt = (at: number): CellValue => valueAt(row, at, row.nulls);
      const length = lengthOf(row);
      if (column.shape !== undefined && length >= size && size > 0) yield nested(column.shape, 0, cellAt);
      else yield Array.from({ length }, (_, at) => cellAt(at));
    }
    return;
  }
  const { shape, nulls } = column;
  const size = shape.reduce((product, length) => product * length, 1);
  for (let row = 0; row < rowCount; row += 1) yield nested(shape, row * size, (at) => valueAt(column, at, nulls));
}

function lengthOf({ type, data }: ColumnValues): number {
  return type === "complex" ? data.length / 2 : data.length;
}

function nested(shape: readonly number[], start: number, cellAt: (at: number) => CellValue): CellValue {
  const [length, ...inner] = shape;
  if (length === undefined) return cellAt(start);
  const step = inner.reduce((product, each) => product * each, 1);
  return Array.from({ length }, (_, index) => nested(inner, start + index * step, cellAt));
}

function valueAt(values: ColumnValues, at: number, nulls: Uint8Array | undefined): CellValue {
  if (nulls?.[at] === 1) return null;
  switch (values.type) {
    case "complex":
      return [finite(values.data[2 * at]), finite(values.data[2 * at + 1])];
    case "number":
      return finite(values.data[at]);
    case "logical":
    case "bit":
    case "text":
      return values.data[at] ?? null;
  }
}

function finite(value: number | bigint | undefined): CellValue {
  if (value === undefined) return null;
  return typeof value === "bigint" || Number.isFinite(value) ? value : String(value);
}
