import type { ByteSource } from "../core/byte-source.ts";
import { readBytes } from "./data-unit.ts";
import type { Hdu } from "./hdu.ts";
import { latin1 } from "./parse-header.ts";
import type { StructureCards } from "./structure-cards.ts";
import { asciiInteger, asciiReal } from "./tables/ascii-form.ts";
import { type BinaryColumn, type BinaryTable, heapRange } from "./tables/binary-table.ts";
import type { AsciiColumn, AsciiTable } from "./tables/read-ascii-table.ts";
import { logicalProblem, textProblem } from "./verify-bytes.ts";
import type { Findings } from "./verify-cards.ts";
import { checkHeapCells } from "./verify-heap.ts";

/** What is wrong with a cell, or `undefined`; `at` is where it begins in `rows`. */
type CellCheck = (rows: Uint8Array, at: number) => string | undefined;

interface CheckedColumn {
  readonly number: number;
  readonly name: string;
  readonly offset: number;
  readonly check: CellCheck;
}

/** Of a table larger than memory, rows come in parts of about so many bytes. */
const partBytes = 2 ** 22;

/** Looks at descriptors, logicals and texts, those in the heap too; every other cell of a binary table holds a value, whatever its bits. */
export async function checkBinaryCells(
  source: ByteSource,
  hdu: Hdu,
  table: BinaryTable,
  { tell, warn }: Findings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const columns = table.columns.flatMap((column): CheckedColumn[] => {
    const check = binaryCheck(column, table, warn);
    return check === undefined ? [] : [{ ...column, offset: column.offsetBytes, check }];
  });
  const sound = new Set((await checkRows(source, hdu, table, columns, tell, signal)).map(({ number }) => number));
  const inHeap = table.columns.filter(
    ({ number, code, descriptor }) => descriptor !== undefined && (code === "L" || code === "A") && sound.has(number),
  );
  const tellOf = (row: number, column: BinaryColumn, problem: string): void =>
    tell(`row ${row + 1} of ${table.rowCount}, ${nameOf(column)}: ${problem}`);
  await checkHeapCells(source, hdu, table, inHeap, tellOf, signal);
}

/** As `checkBinaryCells`, of an ASCII table. A real without a point is legal, and discouraged (FITS 4.0 §7.2.5). */
export async function checkAsciiCells(
  source: ByteSource,
  hdu: Hdu,
  table: AsciiTable,
  cards: StructureCards,
  { tell, warn }: Findings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const columns = table.columns.map((column) => {
    const nullText = cards.text(`TNULL${column.number}`)?.trim();
    let isWarned = false;
    const pointless = (text: string): void => {
      if (!isWarned) warn(`${nameOf(column)} holds "${text}", a real without a decimal point.`);
      isWarned = true;
    };
    return { ...column, check: asciiCheck(column, nullText, pointless) };
  });
  await checkRows(source, hdu, table, columns, tell, signal);
}

/** Tells of the first cell of each column that is wrong, and returns the others. */
async function checkRows(
  source: ByteSource,
  hdu: Hdu,
  { rowBytes, rowCount }: { readonly rowBytes: number; readonly rowCount: number },
  columns: readonly CheckedColumn[],
  tell: (problem: string) => void,
  signal: AbortSignal | undefined,
): Promise<readonly CheckedColumn[]> {
  let left = columns;
  if (rowCount === 0 || columns.length === 0) return left;
  const partRows = Math.min(rowCount, Math.max(1, Math.floor(partBytes / Math.max(1, rowBytes))));
  const part = new Uint8Array(partRows * rowBytes);
  for (let first = 0; first < rowCount && left.length > 0; first += partRows) {
    signal?.throwIfAborted();
    const rows = Math.min(partRows, rowCount - first);
    await readBytes(source, hdu, hdu.dataOffset + first * rowBytes, part.subarray(0, rows * rowBytes));
    left = left.filter(({ number, name, offset, check }) => {
      for (let row = 0; row < rows; row += 1) {
        const problem = check(part, row * rowBytes + offset);
        if (problem === undefined) continue;
        tell(`row ${first + row + 1} of ${rowCount}, ${nameOf({ number, name })}: ${problem}`);
        return false;
      }
      return true;
    });
  }
  return left;
}

function nameOf({ number, name }: Pick<CheckedColumn, "number" | "name">): string {
  return name === "" ? `column ${number}` : `column ${number} (${name})`;
}

function binaryCheck(column: BinaryColumn, table: BinaryTable, warn: Findings["warn"]): CellCheck | undefined {
  const { repeat, code, descriptor } = column;
  if (repeat === 0) return undefined;
  if (descriptor !== undefined) return descriptorCheck(column, table, warn);
  if (code === "L") {
    return (rows, at) => logicalProblem(rows.subarray(at, at + repeat));
  }
  if (code === "A") return (rows, at) => textProblem(rows.subarray(at, at + repeat));
  if (code !== "X" || repeat % 8 === 0) return undefined;
  const spare = 0xff >> (repeat % 8);
  return (rows, at) => {
    const last = rows[at + Math.floor(repeat / 8)] ?? 0;
    return (last & spare) === 0 ? undefined : `bits are set behind the last of ${repeat}.`;
  };
}

function descriptorCheck(column: BinaryColumn, table: BinaryTable, warn: Findings["warn"]): CellCheck {
  const heapBytes = table.dataSizeBytes - table.heapOffset;
  let isWarned = false;
  return (rows, at) => {
    const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
    const range = heapRange(view, at, column, table);
    if (range?.count === 0 && !isWarned) {
      // Of an empty array the offset means nothing (FITS 4.0 §7.3.5), but fitsverify refuses it.
      const start = column.descriptor === "Q" ? Number(view.getBigInt64(at + 8)) : view.getInt32(at + 4);
      isWarned = start < 0 || start > heapBytes;
      if (isWarned)
        warn(
          `${nameOf(column)} has an empty array whose offset is ${start}, and the heap ${heapBytes} bytes; it should be 0.`,
        );
    }
    if (range === undefined) return "its array would lie outside of the heap.";
    const { most } = column;
    return most !== undefined && range.count > most
      ? `its array has ${range.count} elements, by its TFORM at most ${most}.`
      : undefined;
  };
}

function asciiCheck(
  { code, width, decimals }: AsciiColumn,
  nullText: string | undefined,
  pointless: (text: string) => void,
): CellCheck {
  return (rows, at) => {
    const cell = rows.subarray(at, at + width);
    if (code === "A") return textProblem(cell);
    const text = latin1(cell).trim();
    if (text === "" || text === nullText) return undefined;
    const value = code === "I" ? asciiInteger(text) : asciiReal(text, decimals);
    if (value === undefined || !/^[+-]?[.\d]/.test(text))
      return `"${text}" is no ${code === "I" ? "integer" : "real"}.`;
    if (code !== "I" && !text.includes(".")) pointless(text);
    return undefined;
  };
}
