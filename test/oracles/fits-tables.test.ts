import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openFile } from "../../src/core/file.ts";
import { pythonFloat } from "../../src/core/scalar.ts";
import { type Column, type ColumnValues, readTable } from "../../src/fits/index.ts";
import { ask, astropy, describeWith } from "./fits-oracle.ts";

type Spelt = boolean | string | readonly Spelt[];

/** One column's values as the Python program spells them, without their nesting. */
function spelt(values: ColumnValues): readonly Spelt[] {
  if (values.type === "text") return values.data;
  if (values.type === "logical") return values.data.map((value) => value === true);
  if (values.type === "bit") return Array.from(values.data, (bit) => bit === 1);
  const { data } = values;
  const isReal = data instanceof Float32Array || data instanceof Float64Array;
  const numbers = isReal ? Array.from(data, pythonFloat) : Array.from(data as Int32Array, String);
  return numbers.map((number) => number);
}

/** Every cell of a column in one list; a string of characters is put together. */
function flat(cells: Spelt): readonly Spelt[] {
  return Array.isArray(cells) ? cells.flatMap((cell) => flat(cell as Spelt)) : [cells as Spelt];
}

function ours(column: Column): readonly Spelt[] {
  return column.type === "variable" ? column.rows.flatMap(spelt) : spelt(column);
}

describeWith(astropy, () => {
  test("and what it reads from its own tables is what we read, column by column", async () => {
    const folder = await mkdtemp(join(tmpdir(), "firstlight-tables-"));
    try {
      const path = join(folder, "tables.fits");
      const program = fileURLToPath(new URL("fits-tables-write.py", import.meta.url));
      const theirs = JSON.parse(ask(astropy, [program, path])) as Record<string, Record<string, Spelt>>;
      await using file = await openFile(path);
      for (const [hdu, columns] of Object.entries(theirs)) {
        const table = await readTable(file, hdu);
        expect(table.rowCount).toBe(7);
        expect(table.columns.map((column) => column.name)).toEqual(Object.keys(columns));
        for (const column of table.columns) {
          const cells = columns[column.name]!;
          // Characters come one by one from a column of texts of any length, blanks among them as nothing.
          const expected = column.name === "STRINGS" ? undefined : flat(cells);
          if (expected !== undefined) expect(ours(column), column.name).toEqual(expected);
        }
      }
      const binary = await readTable(file, "binary", {
        columns: ["strings", "cells", "texts", "unsigned16", "scaled"],
      });
      expect(ours(binary.columns[0]!)).toEqual(["", "one", "twelve", "x", "longer than the others", "y z", "end"]);
      expect(binary.columns.slice(1)).toMatchObject([
        { type: "number", shape: [3, 4], data: expect.any(Int32Array) },
        { type: "text", shape: [2] },
        { type: "number", shape: [], data: expect.any(Uint16Array) },
        { type: "number", shape: [], data: expect.any(Float64Array) },
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
