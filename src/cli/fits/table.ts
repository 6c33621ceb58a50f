import { formatPythonJson } from "../../core/python-json.ts";
import { badFile } from "../../fits/bad-file.ts";
import { readTableOf } from "../../fits/read-table.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { count } from "../render/count.ts";
import { table as lines } from "../render/table.ts";
import { oneLine } from "../render/text-width.ts";
import { usageError } from "../usage-error.ts";
import { fileArgument, hduArgument, hduSelector, jsonArgument } from "./arguments.ts";
import { withFits } from "./files.ts";
import { type CellValue, cellsOf } from "./table-cells.ts";

/** So many rows are shown to people. */
const shownRows = 20;

export const table = defineCommand({
  name: "fits table",
  summary: "Print a table, as text, JSON or CSV.",
  description:
    "The columns of a binary or an ASCII table, scaled, undefined values as null (in CSV as nothing). In JSON NaN and the infinities are strings, complex numbers [re, im]; in CSV a cell of several values is its JSON.",
  args: {
    file: fileArgument,
    hdu: { ...hduArgument, description: `${hduArgument.description.split(" Default")[0]} Default: the first table.` },
    json: jsonArgument,
    csv: { type: "boolean", default: false, description: "Print all rows with commas between the columns (RFC 4180)." },
  },
  examples: [
    { shows: "The first rows", command: "firstlight fits table events.fits" },
    { shows: "For a spreadsheet", command: "firstlight fits table events.fits --hdu EVENTS --csv > events.csv" },
  ],
  async run({ file, hdu, json, csv }, { stdout }) {
    if (json && csv) throw usageError("--json and --csv exclude each other.");
    const selector = hduSelector(hdu);
    const { index, name, content } = await withFits(file, async (fits) => {
      const found =
        selector === undefined
          ? fits.hdus.find(({ type }) => type === "binaryTable" || type === "asciiTable")
          : fits.hdu(selector);
      if (found === undefined) throw badFile("FITS_NO_HDU", "no HDU holds a table.", { file: fits.source.name });
      return { index: found.index, name: found.name, content: await readTableOf(fits.source, found) };
    });
    const { columns, rowCount } = content;
    if (json) {
      const documents = columns.map((column) => ({
        name: column.name,
        unit: column.unit ?? null,
        form: column.form,
        values: [...cellsOf(column, rowCount)],
      }));
      stdout.lines([formatPythonJson({ hdu: index, name: name ?? null, rowCount, columns: documents })]);
      return exitCodes.done;
    }
    const cells = columns.map((column) => cellsOf(column, rowCount)[Symbol.iterator]());
    const nextRow = (): readonly CellValue[] => cells.map((cell) => cell.next().value ?? null);
    if (csv) {
      stdout.lines([columns.map((column) => csvCell(column.name)).join(",")]);
      for (let row = 0; row < rowCount; row += 1) stdout.lines([nextRow().map(csvCell).join(",")]);
      return exitCodes.done;
    }
    const titles = columns.map(({ name: title, unit }) => ({
      title: oneLine(unit === undefined ? title : `${title} [${unit}]`),
      flexible: true,
    }));
    const rows = Array.from({ length: Math.min(rowCount, shownRows) }, () =>
      nextRow().map((cell) => oneLine(textOf(cell))),
    );
    stdout.lines(lines(titles, rows, { width: stdout.width(), style: stdout.style }));
    if (rowCount > shownRows) stdout.lines([`… of ${count(rowCount, "row")}; --csv or --json prints them all.`]);
    return exitCodes.done;
  },
});

function textOf(cell: CellValue): string {
  if (cell === null) return "";
  return typeof cell === "object" ? formatPythonJson(cell) : String(cell);
}

function csvCell(cell: CellValue): string {
  const text = textOf(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
