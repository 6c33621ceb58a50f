import type { ByteSource } from "../core/byte-source.ts";
import { readBytes } from "./data-unit.ts";
import type { Hdu } from "./hdu.ts";
import { type BinaryColumn, type BinaryTable, heapRange } from "./tables/binary-table.ts";
import { logicalProblem, textProblem } from "./verify-bytes.ts";

const partBytes = 2 ** 22;

/** As readers do: rows that share bytes without end are no table. */
const mostSharing = 16;

/**
 * Looks at the logicals and the texts that the descriptors of these columns point at, which lie in the heap; tells of the first of each
 * column that is wrong.
 */
export async function checkHeapCells(
  source: ByteSource,
  hdu: Hdu,
  table: BinaryTable,
  columns: readonly BinaryColumn[],
  tell: (row: number, column: BinaryColumn, problem: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { rowBytes, rowCount } = table;
  const left = new Map(columns.map((column) => [column, 0]));
  if (left.size === 0 || rowCount === 0) return;
  const partRows = Math.min(rowCount, Math.max(1, Math.floor(partBytes / rowBytes)));
  const rows = new Uint8Array(partRows * rowBytes);
  const view = new DataView(rows.buffer);
  for (let first = 0; first < rowCount && left.size > 0; first += partRows) {
    const count = Math.min(partRows, rowCount - first);
    await readBytes(source, hdu, hdu.dataOffset + first * rowBytes, rows.subarray(0, count * rowBytes));
    for (const [column, before] of left) {
      let total = before;
      for (let row = 0; row < count; row += 1) {
        signal?.throwIfAborted();
        const range = heapRange(view, row * rowBytes + column.offsetBytes, column, table);
        if (range === undefined) continue;
        total += range.sizeBytes;
        const problem =
          total > mostSharing * table.dataSizeBytes
            ? "many rows share the same bytes."
            : await problemIn(source, hdu, hdu.dataOffset + range.offset, range.sizeBytes, column);
        if (problem === undefined) continue;
        tell(first + row, column, problem);
        total = Number.NaN;
        break;
      }
      if (Number.isNaN(total)) left.delete(column);
      else left.set(column, total);
    }
  }
}

async function problemIn(
  source: ByteSource,
  hdu: Hdu,
  offset: number,
  sizeBytes: number,
  { code }: BinaryColumn,
): Promise<string | undefined> {
  const piece = new Uint8Array(Math.min(partBytes, sizeBytes));
  for (let done = 0; done < sizeBytes; done += piece.length) {
    const bytes = piece.subarray(0, Math.min(piece.length, sizeBytes - done));
    await readBytes(source, hdu, offset + done, bytes);
    const problem = code === "L" ? logicalProblem(bytes) : textProblem(bytes);
    if (problem !== undefined) return problem;
    // Behind a NUL a text has no characters.
    if (code === "A" && bytes.includes(0)) return undefined;
  }
  return undefined;
}
