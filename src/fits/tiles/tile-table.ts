import type { Scalar } from "../../core/scalar.ts";
import type { Header } from "../header.ts";
import type { StructureCards } from "../structure-cards.ts";
import { type BinaryColumn, type BinaryTable, type HeapRange, heapRange } from "../tables/binary-table.ts";
import type { Dither } from "./dequantize.ts";

/** Where the bytes of one tile lie, in the first column of these that has any. */
export interface StoredTile extends HeapRange {
  readonly column: BinaryColumn;
  readonly kind: "compressed" | "uncompressed" | "gzip";
}

/** What the table and its cards say of each tile (FITS 4.0 §10.1.3). */
export interface TileTable {
  /** `undefined` when the row has no bytes anywhere; `"outside"` when they would lie out of the data unit. */
  stored(row: number): StoredTile | "outside" | undefined;
  /** `undefined` where pixels are not quantised. */
  readonly quantization: { scale(row: number): number; zero(row: number): number; readonly dither: Dither } | undefined;
  readonly ditherSeed: number;
  /** The value that stands for an undefined pixel, before any scaling. */
  blank(row: number): number | undefined;
  /** True when each tile has a value of its own for undefined pixels. */
  readonly hasBlankColumn: boolean;
}

const dataColumns = [
  ["COMPRESSED_DATA", "compressed"],
  ["UNCOMPRESSED_DATA", "uncompressed"],
  ["GZIP_COMPRESSED_DATA", "gzip"],
] as const;

export function tileTable(header: Header, table: BinaryTable, cards: StructureCards, data: DataView): TileTable {
  const find = (name: string) => table.columns.find((column) => column.name.toUpperCase() === name);
  const dataIn = dataColumns.flatMap(([name, kind]) => {
    const column = find(name);
    if (column !== undefined && column.descriptor === undefined) {
      throw cards.invalid(`the column ${name} holds no variable-length arrays; tiles are stored as such.`);
    }
    return column === undefined ? [] : [{ column, kind }];
  });
  if (dataIn.length === 0) throw cards.invalid("the table has no column COMPRESSED_DATA.");

  const rowAt = (row: number, column: BinaryColumn) => row * table.rowBytes + column.offsetBytes;
  const perTile = (name: string): ((row: number) => number) | undefined => {
    const column = find(name);
    if (column !== undefined) return (row) => elementAt(data, rowAt(row, column), column, cards);
    const held = cards.value(name);
    // As uncompressed: a BLANK that is no number stands for no pixel.
    if (held === undefined || (name === "BLANK" && !isNumber(held))) return undefined;
    const value = cards.read(() => header.number(name));
    return () => value;
  };
  const scale = perTile("ZSCALE");
  const zero = perTile("ZZERO");
  const dither = cards.text("ZQUANTIZ");
  const quantized = dither !== "NONE" && (scale !== undefined || zero !== undefined);
  const blank = perTile("ZBLANK") ?? perTile("BLANK") ?? (() => undefined);
  return {
    stored(row) {
      for (const { column, kind } of dataIn) {
        const range = heapRange(data, rowAt(row, column), column, table);
        if (range === undefined) return "outside";
        if (range.count > 0) return { ...range, column, kind };
      }
      return undefined;
    },
    quantization: quantized
      ? { scale: scale ?? (() => 1), zero: zero ?? (() => 0), dither: ditherNamed(dither) }
      : undefined,
    ditherSeed: cards.count("ZDITHER0", -(2 ** 31), 2 ** 31, 1),
    blank,
    hasBlankColumn: find("ZBLANK") !== undefined,
  };
}

function isNumber(value: Scalar): boolean {
  return typeof value !== "string" && typeof value !== "boolean";
}

/** What no reader knows is taken as plain rounding, which files from before the card did. */
function ditherNamed(text: string | undefined): Dither {
  return text === "SUBTRACTIVE_DITHER_1" || text === "SUBTRACTIVE_DITHER_2" ? text : "NO_DITHER";
}

function elementAt(data: DataView, at: number, column: BinaryColumn, cards: StructureCards): number {
  const wrong = column.descriptor !== undefined || column.repeat !== 1;
  switch (wrong ? undefined : column.code) {
    case "B":
      return data.getUint8(at);
    case "I":
      return data.getInt16(at);
    case "J":
      return data.getInt32(at);
    case "K":
      return Number(data.getBigInt64(at));
    case "E":
      return data.getFloat32(at);
    case "D":
      return data.getFloat64(at);
    default:
      throw cards.invalid(`the column ${column.name} does not hold one number for each tile.`);
  }
}
