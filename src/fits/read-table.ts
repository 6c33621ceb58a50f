import type { ByteSource } from "../core/byte-source.ts";
import { FirstlightError } from "../core/errors.ts";
import { badFile, type FitsPlace } from "./bad-file.ts";
import { type ReadDataOptions, readDataUnit } from "./data-unit.ts";
import { throughGzip } from "./gunzip.ts";
import { type Hdu, storedHeader } from "./hdu.ts";
import type { Header } from "./header.ts";
import { findHdu, type HduSelector } from "./open-fits.ts";
import { structureCards } from "./structure-cards.ts";
import { binaryTable } from "./tables/binary-table.ts";
import type { Column } from "./tables/column.ts";
import { isCompressedTable, type UncompressedTable, uncompressTable } from "./tables/compressed-table.ts";
import { asciiTable, readAsciiColumn } from "./tables/read-ascii-table.ts";
import { type FailAtRow, readBinaryColumn } from "./tables/read-binary-table.ts";
import { riceOverreadBytes } from "./tiles/rice.ts";

export interface ReadTableOptions extends ReadDataOptions {
  /** Names of the columns to read, without regard to case. Default all, in the order of the table. */
  readonly columns?: readonly string[];
}

export interface Table {
  readonly header: Header;
  readonly rowCount: number;
  readonly columns: readonly Column[];
}

/**
 * Reads a binary or an ASCII table as columns (FITS 4.0 §7.2 and §7.3): scaled, with TDIMn as shape, arrays of variable length
 * out of the heap. A table that is compressed itself (FITS 4.0 §10.3) is read as the table that it holds, that of a compressed image
 * as the table that it is.
 *
 * @throws FirstlightError FITS_UNSUPPORTED for an HDU that is no table, FITS_NO_COLUMN, FITS_INVALID for impossible columns and
 * cells, and the errors of `openFits`
 */
export async function readTable(
  source: ByteSource,
  selector: HduSelector,
  options: ReadTableOptions = {},
): Promise<Table> {
  return throughGzip(source, async (plain) => readTableOf(plain, await findHdu(plain, selector), options));
}

/** As `readTable`, of an HDU already found. */
export async function readTableOf(source: ByteSource, hdu: Hdu, options: ReadTableOptions = {}): Promise<Table> {
  const at = { file: source.name, hdu: hdu.index };
  const header = storedHeader(hdu);
  const isBinary = hdu.type === "binaryTable" || hdu.tiles !== undefined;
  if (!isBinary && hdu.type !== "asciiTable") {
    throw badFile(
      "FITS_UNSUPPORTED",
      `columns were asked of an HDU of the type ${hdu.type}; only tables have any.`,
      at,
    );
  }
  const cards = structureCards(header, { ...at, offset: hdu.headerOffset });
  const isCompressed = isBinary && isCompressedTable(cards);
  const data = await readDataUnit(source, hdu, options, isCompressed ? riceOverreadBytes : 0);
  const failAt =
    ({ rowCount, rowBytes }: { readonly rowCount: number; readonly rowBytes: number }): FailAtRow =>
    (row, problem) =>
      badFile("FITS_INVALID", `row ${row + 1} of ${rowCount}: ${problem}`, {
        ...at,
        offset: hdu.dataOffset + row * rowBytes,
      });
  if (isBinary) {
    const layout = binaryTable(cards, hdu.dataSizeBytes);
    if (isCompressed) {
      const plain = uncompressTable(header, data, layout, cards, failAt(layout));
      return columnsOf(plain, { ...at, offset: hdu.headerOffset }, failAt(layout), options.columns);
    }
    const wanted = chosen(layout.columns, options.columns, at);
    const columns = wanted.map((column) => readBinaryColumn(data, layout, column, cards, failAt(layout)));
    return { header, rowCount: layout.rowCount, columns };
  }
  const layout = asciiTable(cards, hdu.dataSizeBytes);
  const wanted = chosen(layout.columns, options.columns, at);
  const columns = wanted.map((column) => readAsciiColumn(data, layout, column, cards, failAt(layout)));
  return { header, rowCount: layout.rowCount, columns };
}

/** The columns of a table that was restored; what is wrong with them is wrong with its header. */
function columnsOf(
  { header, data }: UncompressedTable,
  place: Required<FitsPlace>,
  fail: FailAtRow,
  names: readonly string[] | undefined,
): Table {
  const cards = structureCards(header, place);
  const layout = binaryTable(cards, data.length);
  const wanted = chosen(layout.columns, names, { file: place.file ?? "FITS data", hdu: place.hdu });
  return {
    header,
    rowCount: layout.rowCount,
    columns: wanted.map((column) => readBinaryColumn(data, layout, column, cards, fail)),
  };
}

function chosen<T extends { readonly name: string }>(
  columns: readonly T[],
  names: readonly string[] | undefined,
  { file, hdu }: { readonly file: string; readonly hdu: number },
): readonly T[] {
  if (names === undefined) return columns;
  return names.map((name) => {
    const found = columns.find((column) => column.name.trim().toUpperCase() === name.trim().toUpperCase());
    if (found !== undefined) return found;
    const known = columns.map((column) => column.name).join(", ");
    throw new FirstlightError(
      "FITS_NO_COLUMN",
      `${file}, HDU ${hdu}: the table has no column ${name}; it has ${known === "" ? "none" : known}.`,
      { disposition: "invalid", fields: { file, hdu, column: name } },
    );
  });
}
