import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openFile } from "../../src/core/file.ts";
import { readTable } from "../../src/fits/index.ts";
import { ask, astropy, describeWith, fpack, funpack } from "./fits-oracle.ts";

async function columnsOf(path: string) {
  await using file = await openFile(path);
  return (await readTable(file, 1)).columns;
}

describeWith(astropy, () => {
  describeWith(fpack, () => {
    test("compresses tables which we read as they were, as funpack does", { timeout: 60_000 }, async () => {
      const folder = await mkdtemp(join(tmpdir(), "firstlight-tables-"));
      try {
        const program = fileURLToPath(new URL("fits-compressed-tables.py", import.meta.url));
        const paths = JSON.parse(ask(astropy, [program, folder])) as Record<"fixed" | "variable", string[]>;
        const all = [...paths.fixed, ...paths.variable];
        ask(fpack, ["-table", ...all]);
        for (const path of all) {
          const columns = await columnsOf(path);
          expect(await columnsOf(`${path}.fz`), path).toEqual(columns);
          expect(columns.length).toBeGreaterThan(11);
        }
        // Of arrays of variable length funpack 1.7.0 comes to grief, and makes no file.
        for (const path of paths.fixed) {
          ask(funpack, ["-O", `${path}.un`, `${path}.fz`]);
          expect(await columnsOf(`${path}.un`), path).toEqual(await columnsOf(`${path}.fz`));
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });
});
