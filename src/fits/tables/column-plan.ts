import type { PixelArray } from "../../core/ndarray.ts";
import { storageOf } from "../storage.ts";
import { type ElementCode, elementBytes, parseBinaryForm } from "./binary-form.ts";
import type { ColumnValues } from "./column.ts";
import { chooseNull, type NumbersWithNulls } from "./null-value.ts";
import {
  cellSize,
  columnError,
  type FixedWritable,
  type VariableWritable,
  type WritableColumn,
} from "./writable-column.ts";

/** How a column is stored (FITS 4.0 §7.3). */
export interface ColumnPlan {
  readonly code: ElementCode;
  /** Elements in each row. */
  readonly repeat: number;
  /** Characters of each string. */
  readonly textBytes: number;
  readonly descriptor: "P" | "Q" | undefined;
  readonly widthBytes: number;
  /** TFORMn. */
  readonly form: string;
  /** TDIMn. */
  readonly dimensions: string | undefined;
  /** TZEROn of the unsigned conventions. */
  readonly zero: number | bigint;
  /** The number that stands for an undefined one, before TZEROn is taken away. */
  readonly nullValue: number | bigint | undefined;
}

/** More than fits in 32 bits needs descriptors of 64. */
const shortHeapBytes = 2 ** 31 - 1;

/** @param heapBytes how far the heap may grow in all */
export function planColumn(column: WritableColumn, heapBytes: number): ColumnPlan {
  return column.type === "variable" ? planVariable(column, heapBytes) : planFixed(column);
}

function planFixed(column: FixedWritable): ColumnPlan {
  const { name, shape = [] } = column;
  const size = cellSize(shape);
  const { code, zero } = storedAs(name, [column]);
  const textBytes = code === "A" ? widthOf(column) : 0;
  const repeat = code === "A" ? size * textBytes : size;
  const axes = code === "A" ? [...shape, textBytes] : shape;
  // One axis of numbers is said by the repeat, one string by its width.
  const isPlain = shape.length === 0 || (code !== "A" && shape.length === 1 && repeat !== 1);
  return {
    code,
    repeat,
    textBytes,
    descriptor: undefined,
    widthBytes: elementBytes(code, repeat),
    form: `${repeat}${code}`,
    dimensions: isPlain || size === 0 ? undefined : `(${axes.toReversed().join(",")})`,
    zero,
    nullValue: column.type === "number" ? chooseNull(name, [column]) : undefined,
  };
}

function planVariable(column: VariableWritable, heapBytes: number): ColumnPlan {
  const { name, rows } = column;
  const before = parseBinaryForm(column.form ?? "");
  const { code, zero } = rows.length === 0 ? { code: before?.code ?? "B", zero: 0 } : storedAs(name, rows);
  const descriptor = before?.descriptor === "Q" || heapBytes > shortHeapBytes ? "Q" : "P";
  const most = rows.reduce((longest, row) => Math.max(longest, lengthOf(name, row)), 0);
  const numbers = rows.filter((row): row is NumbersWithNulls => row.type === "number");
  return {
    code,
    repeat: 1,
    textBytes: 0,
    descriptor,
    widthBytes: descriptor === "P" ? 8 : 16,
    form: `1${descriptor}${code}(${most})`,
    dimensions: dimensionsOf(column, code),
    zero,
    nullValue: chooseNull(name, numbers),
  };
}

/** TDIMn is of no array that has fewer elements (FITS 4.0 §7.3.2). */
function dimensionsOf({ name, rows, shape }: VariableWritable, code: ElementCode): string | undefined {
  if (shape === undefined || code === "A") return undefined;
  const size = cellSize(shape);
  const doesFit = rows.every((row) => [0, size].includes(Math.min(size, lengthOf(name, row))));
  return size > 0 && doesFit ? `(${shape.toReversed().join(",")})` : undefined;
}

/** Elements of a cell of its own length. */
export function lengthOf(name: string, values: ColumnValues): number {
  if (values.type === "complex") return values.data.length / 2;
  if (values.type !== "text") return values.data.length;
  if (values.data.length > 1) throw columnError(name, "a text of any length is one string in each row.");
  return values.data[0]?.length ?? 0;
}

const codeOf = { 8: "B", 16: "I", 32: "J", 64: "K", [-32]: "E", [-64]: "D" } as const;

/** The one type that all values have. */
function storedAs(name: string, all: readonly ColumnValues[]): { code: ElementCode; zero: number | bigint } {
  const [first] = all;
  if (first === undefined) return { code: "B", zero: 0 };
  const found = elementOf(first);
  for (const values of all) {
    const other = elementOf(values);
    if (other.code !== found.code || other.zero !== found.zero)
      throw columnError(name, "its rows are of different types.");
  }
  return found;
}

function elementOf(values: ColumnValues): { code: ElementCode; zero: number | bigint } {
  switch (values.type) {
    case "logical":
      return { code: "L", zero: 0 };
    case "bit":
      return { code: "X", zero: 0 };
    case "text":
      return { code: "A", zero: 0 };
    case "complex":
      return { code: values.data instanceof Float32Array ? "C" : "M", zero: 0 };
    case "number": {
      const { bitpix, bzero } = storageOf(values.data as PixelArray);
      return { code: codeOf[bitpix], zero: bzero };
    }
  }
}

/** Room for the longest string, and as much as there was where that is more. */
function widthOf(column: FixedWritable): number {
  if (column.type !== "text") return 0;
  const longest = column.data.reduce((most, text) => Math.max(most, text.length), 1);
  const before = parseBinaryForm(column.form ?? "");
  if (before === undefined || before.code !== "A" || before.descriptor !== undefined) return longest;
  const size = cellSize(column.shape);
  return size === 0 ? longest : Math.max(longest, Math.floor(before.repeat / size));
}
