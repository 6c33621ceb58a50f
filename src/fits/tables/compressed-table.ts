import { Card } from "../card.ts";
import { Header } from "../header.ts";
import type { StructureCards } from "../structure-cards.ts";
import { gunzipTile, unshuffle } from "../tiles/gunzip-tile.ts";
import { decodeRice, type Fail, type RiceOutput } from "../tiles/rice.ts";
import { type BinaryForm, type ElementCode, parseBinaryForm } from "./binary-form.ts";
import { type BinaryTable, heapRange } from "./binary-table.ts";

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

const riceBlockSize = 32;
const riceArrays = { B: Uint8Array, I: Int16Array, J: Int32Array } as const;
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
 * @param unsupported an error about what is not read: columns of arrays of any length
 */
export function uncompressTable(
  header: Header,
  data: Uint8Array<ArrayBuffer>,
  table: BinaryTable,
  cards: StructureCards,
  failAt: (row: number, problem: string) => Error,
  unsupported: (problem: string) => Error,
): UncompressedTable {
  const { dataSizeBytes } = table;
  const rowBytes = cards.count("ZNAXIS1", 0, Number.MAX_SAFE_INTEGER);
  const rowCount = cards.count("ZNAXIS2", 0, Number.MAX_SAFE_INTEGER);
  const tileRows = cards.count("ZTILELEN", 1, Number.MAX_SAFE_INTEGER, Math.max(1, rowCount));
  if (!(rowBytes * rowCount <= ratioLimit * dataSizeBytes)) {
    throw cards.invalid(
      `${rowCount} rows of ${rowBytes} bytes out of ${dataSizeBytes} bytes; no table shrinks so far.`,
    );
  }
  if (Math.ceil(rowCount / tileRows) !== table.rowCount) {
    throw cards.invalid(`${rowCount} rows in tiles of ${tileRows}; the table has ${table.rowCount} rows for them.`);
  }
  const columns = columnsOf(table, cards, unsupported);
  const width = columns.reduce((sum, { form }) => sum + form.widthBytes, 0);
  if (width > rowBytes) throw cards.invalid(`the columns fill ${width} bytes of each row, ZNAXIS1 has ${rowBytes}.`);
  const rows = new Uint8Array(rowBytes * rowCount);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let tile = 0; tile < table.rowCount; tile += 1) {
    const first = tile * tileRows;
    const count = Math.min(tileRows, rowCount - first);
    for (const [index, column] of columns.entries()) {
      const stored = table.columns[index];
      if (stored === undefined || column.form.widthBytes === 0) continue;
      const fail: Fail = (problem) => failAt(tile, `column ${column.number}: ${problem}`);
      if (stored.descriptor === undefined) throw fail("compressed columns are arrays of bytes in the heap.");
      const range = heapRange(view, tile * table.rowBytes + stored.offsetBytes, stored, table);
      if (range === undefined) throw fail("its bytes would lie outside of the heap.");
      const end = range.offset + range.sizeBytes;
      const cells = cellsOf(data, view, range.offset, end, column, count, fail);
      const { widthBytes } = column.form;
      for (let row = 0; row < count; row += 1) {
        rows.set(cells.subarray(row * widthBytes, (row + 1) * widthBytes), (first + row) * rowBytes + column.offset);
      }
    }
  }
  return { header: restoredHeader(header), data: rows };
}

function columnsOf(
  table: BinaryTable,
  cards: StructureCards,
  unsupported: (problem: string) => Error,
): CompressedColumn[] {
  let offset = 0;
  return table.columns.map(({ number }) => {
    const text = cards.text(`ZFORM${number}`) ?? "";
    const form = parseBinaryForm(text);
    if (form === undefined) throw cards.invalid(`ZFORM${number} is "${text}", which is no form of a column.`);
    if (form.descriptor !== undefined) {
      throw unsupported(
        `the column ${number} of a compressed table holds arrays of any length (${text}), which are not read; funpack restores the table.`,
      );
    }
    const column = { number, form, algorithm: cards.text(`ZCTYP${number}`) ?? "GZIP_2", offset };
    offset += form.widthBytes;
    return column;
  });
}

/** The bytes of a column in the rows of one tile, as they stand in the rows. */
function cellsOf(
  data: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  { form, algorithm }: CompressedColumn,
  rowCount: number,
  fail: Fail,
): Uint8Array {
  const { code, repeat, widthBytes } = form;
  const sizeBytes = widthBytes * rowCount;
  const own = data.subarray(start, end);
  const whole = (bytes: Uint8Array): Uint8Array => {
    if (bytes.length !== sizeBytes) throw fail(`${bytes.length} bytes for ${rowCount} rows of ${widthBytes}.`);
    return bytes;
  };
  switch (algorithm) {
    case "GZIP_1":
      return whole(gunzipTile(own, sizeBytes, fail));
    case "GZIP_2": {
      const bytes = whole(gunzipTile(own, sizeBytes, fail));
      return code in shuffled ? unshuffle(bytes, shuffled[code] ?? 1) : bytes;
    }
    case "RICE_1": {
      if (code !== "B" && code !== "I" && code !== "J") throw fail(`RICE_1 of elements of the type ${code}.`);
      const values: RiceOutput = new riceArrays[code](repeat * rowCount);
      const pixelBytes = values.BYTES_PER_ELEMENT as 1 | 2 | 4;
      if (end - start < pixelBytes) throw fail("the compressed bytes end before the tile is full.");
      decodeRice(view, start, end, values, { blockSize: riceBlockSize, pixelBytes }, fail);
      const bytes = new Uint8Array(values.buffer);
      if (pixelBytes === 2) Buffer.from(bytes.buffer).swap16();
      if (pixelBytes === 4) Buffer.from(bytes.buffer).swap32();
      return bytes;
    }
    case "NOCOMPRESS":
      return whole(own);
    default:
      throw fail(`the algorithm ${algorithm}; RICE_1, GZIP_1, GZIP_2 and NOCOMPRESS are known.`);
  }
}

const ofTheCompression = /^(?:ZTABLE|ZTILELEN|ZCTYP\d+|CHECKSUM|DATASUM|THEAP|NAXIS[12]|PCOUNT|TFORM\d+)$/;
const renamed: readonly (readonly [RegExp, string])[] = [
  [/^ZNAXIS([12])$/, "NAXIS"],
  [/^ZPCOUNT()$/, "PCOUNT"],
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
