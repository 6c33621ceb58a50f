import type { PixelArray } from "../../core/ndarray.ts";

/** Values of one kind, cell after cell. */
export type ColumnValues =
  /** Numbers in the type that they are stored in; unsigned by their convention; scaled ones as float64. */
  | { readonly type: "number"; readonly data: PixelArray }
  /** Real and imaginary part of each number by turns. */
  | { readonly type: "complex"; readonly data: Float32Array | Float64Array }
  /** `undefined` where the table has neither true nor false. */
  | { readonly type: "logical"; readonly data: readonly (boolean | undefined)[] }
  /** 0 or 1, one byte for each bit. */
  | { readonly type: "bit"; readonly data: Uint8Array }
  /** Without the blanks at their ends. */
  | { readonly type: "text"; readonly data: readonly string[] };

/** What every column says of itself. */
export interface ColumnBase {
  /** From 1 on, as in TTYPEn. */
  readonly number: number;
  /** TTYPEn; empty where there is none. */
  readonly name: string;
  /** TUNITn. */
  readonly unit: string | undefined;
  /** TFORMn. */
  readonly form: string;
}

/** A column whose cells are alike. Of `rowCount` rows, `data` has `rowCount × shape` elements. */
export type FixedColumn = ColumnBase &
  ColumnValues & {
    /** Of one cell, in C order as TDIMn has it reversed; empty for a single value. */
    readonly shape: readonly number[];
    /** 1 where TNULLn says that the number is undefined; left out where nothing does. Scaled numbers are NaN there as well. */
    readonly nulls: Uint8Array | undefined;
  };

/** A column whose cells are arrays of any length, in the heap of the table. */
export interface VariableColumn extends ColumnBase {
  readonly type: "variable";
  /**
   * Of each array that has as many elements or more, in C order as TDIMn has it reversed; what such a one has more is fill. Left out
   * where the table says nothing of it, and of texts.
   */
  readonly shape?: readonly number[];
  readonly rows: readonly (ColumnValues & { readonly nulls: Uint8Array | undefined })[];
}

export type Column = FixedColumn | VariableColumn;
