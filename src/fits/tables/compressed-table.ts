import { Card } from "../card.ts";
import { Header } from "../header.ts";
import type { StructureCards } from "../structure-cards.ts";
import type { Fail } from "../tiles/rice.ts";
import { type BinaryForm, type ElementCode, parseBinaryForm } from "./binary-form.ts";
import { type BinaryTable, heapRange } from "./binary-table.ts";
import { type PackedBytes, unpackedBytes } from "./column-bytes.ts";
import { type Heaps, restoreArrays } from "./compressed-arrays.ts";

/** A table as it was before it was compressed. */
export interface UncompressedTable {
  readonly header: Header;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** True for the header of a table whose columns are compressed (FITS 4.0 §10.3). */
export function isCompressedTable(cards: StructureCards): boolean {
  return cards.value("ZTABLE") === true;
}

/** No deflate stream grows by more. */
const ratioLimit = 1100;
/** As often may arrays of variable length share bytes of the heap, on an average. */
const mostShared = 16;

/** Bytes that GZIP_2 parts from each other; those of other types, complex numbers among them, stay in their order as cfitsio has it. */
const shuffled: Partial<Record<ElementCode, number>> = { I: 2, J: 4, E: 4, K: 8, D: 8 };

interface CompressedColumn {
  readonly number: number;
  readonly form: BinaryForm;
  readonly algorithm: string;
  /** In the row that is restored. */
  readonly offset: number;
}

/**
 * Restores a table that was compressed column by column, in tiles of rows (FITS 4.0 §10.3), as fpack does it.
 *
 * @param data the data unit, with `riceOverreadBytes` more behind it
 * @param failAt an error about a row of the compressed table
 */
export function uncompressTable(
  header: Header,
  data: Uint8Array<ArrayBuffer>,
  table: BinaryTable,
  cards: StructureCards,
  failAt: (row: number, problem: string) => Error,
): UncompressedTable {
  const { dataSizeBytes } = table;
  const rowBytes = cards.count("ZNAXIS1", 0, Number.MAX_SAFE_INTEGER);
  const rowCount = cards.count("ZNAXIS2", 0, Number.MAX_SAFE_INTEGER);
  const tileRows = cards.count("ZTILELEN", 1, Number.MAX_SAFE_INTEGER, Math.max(1, rowCount));
  const rowsBytes = rowBytes * rowCount;
  const behindRows = cards.count("ZPCOUNT", 0, Number.MAX_SAFE_INTEGER, 0);
  if (!(rowsBytes + behindRows <= ratioLimit * dataSizeBytes)) {
    throw cards.invalid(
      `${rowCount} rows of ${rowBytes} bytes and a heap of ${behindRows} out of ${dataSizeBytes} bytes; no table shrinks so far.`,
    );
  }
  const heapOffset = cards.count("ZTHEAP", rowsBytes, rowsBytes + behindRows, rowsBytes);
  if (Math.ceil(rowCount / tileRows) !== table.rowCount) {
    throw cards.invalid(`${rowCount} rows in tiles of ${tileRows}; the table has ${table.rowCount} rows for them.`);
  }
  const columns = columnsOf(table, cards);
  const width = columns.reduce((sum, { form }) => sum + form.widthBytes, 0);
  if (width > rowBytes) throw cards.invalid(`the columns fill ${width} bytes of each row, ZNAXIS1 has ${rowBytes}.`);
  const rows = new Uint8Array(rowsBytes + behindRows);
  const heap = rows.subarray(heapOffset);
  const { heapOffset: packedOffset, dataSizeBytes: packedEnd } = table;
  const heaps: Heaps = { heap, packedOffset, packedEnd, leftBytes: mostShared * heap.length };
  const packed: PackedBytes = { data, view: new DataView(data.buffer, data.byteOffset, data.byteLength) };
  for (let tile = 0; tile < table.rowCount; tile += 1) {
    const first = tile * tileRows;
    const count = Math.min(tileRows, rowCount - first);
    for (const [index, column] of columns.entries()) {
      const stored = table.columns[index];
      if (stored === undefined || column.form.widthBytes === 0) continue;
      const fail: Fail = (problem) => failAt(tile, `column ${column.number}: ${problem}`);
      if (stored.descriptor === undefined) throw fail("compressed columns are arrays of bytes in the heap.");
      const range = heapRange(packed.view, tile * table.rowBytes + stored.offsetBytes, stored, table);
      if (range === undefined) throw fail("its bytes would lie outside of the heap.");
      const end = range.offset + range.sizeBytes;
      const cells =
        column.form.descriptor === undefined
          ? cellsOf(packed, range.offset, end, column, count, fail)
          : restoreArrays(packed, range.offset, end, column, count, heaps, fail);
      const { widthBytes } = column.form;
      for (let row = 0; row < count; row += 1) {
        rows.set(cells.subarray(row * widthBytes, (row + 1) * widthBytes), (first + row) * rowBytes + column.offset);
      }
    }
  }
  return { header: restoredHeader(header), data: rows };
}

function columnsOf(table: BinaryTable, cards: StructureCards): CompressedColumn[] {
  let offset = 0;
  return table.columns.map(({ number }) => {
    const text = cards.text(`ZFORM${number}`) ?? "";
    const form = parseBinaryForm(text);
    if (form === undefined) throw cards.invalid(`ZFORM${number} is "${text}", which is no form of a column.`);
    const column = { number, form, algorithm: cards.text(`ZCTYP${number}`) ?? "GZIP_2", offset };
    offset += form.widthBytes;
    return column;
  });
}

/** The bytes of a column in the rows of one tile, as they stand in the rows. */
function cellsOf(
  packed: PackedBytes,
  start: number,
  end: number,
  { form: { code, repeat, widthBytes }, algorithm }: CompressedColumn,
  rowCount: number,
  fail: Fail,
): Uint8Array {
  const [count, sizeBytes] = [repeat * rowCount, widthBytes * rowCount];
  const elements = { code, algorithm, shuffledBytes: shuffled[code] ?? 1, count, sizeBytes };
  return unpackedBytes(packed, start, end, elements, fail);
}

const ofTheCompression = /^(?:ZTABLE|ZTILELEN|ZCTYP\d+|CHECKSUM|DATASUM|THEAP|NAXIS[12]|PCOUNT|TFORM\d+)$/;
const renamed: readonly (readonly [RegExp, string])[] = [
  [/^ZNAXIS([12])$/, "NAXIS"],
  [/^ZPCOUNT()$/, "PCOUNT"],
  [/^ZTHEAP()$/, "THEAP"],
  [/^ZFORM(\d+)$/, "TFORM"],
  [/^ZHECKSUM()$/, "CHECKSUM"],
  [/^ZDATASUM()$/, "DATASUM"],
];

/** The header that the table had: its cards in their order, those of the compression taken out. */
function restoredHeader(header: Header): Header {
  const cards = [...header].flatMap((card): Card[] => {
    if (card.isCommentary) return [card];
    if (ofTheCompression.test(card.keyword)) return [];
    for (const [pattern, name] of renamed) {
      const match = pattern.exec(card.keyword);
      if (match !== null) return [Card.parse(`${name}${match[1] ?? ""}`.padEnd(8) + card.image.slice(8))];
    }
    return [card];
  });
  return new Header(cards, header.origin);
}
