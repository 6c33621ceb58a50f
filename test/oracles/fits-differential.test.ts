import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compareFile, type Truth } from "./differential/compare-files.ts";
import { ask, astropy, describeWith } from "./fits-oracle.ts";

const program = (name: string) => fileURLToPath(new URL(`differential/${name}`, import.meta.url));

// A share of what `differential/write-files.py FOLDER SEED COUNT fpack` makes, of any seed and any number.
describeWith(astropy, () => {
  test("and cfitsio read from random files, pixel by pixel and column by column, what we read", {
    timeout: 180_000,
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "firstlight-differential-"));
    try {
      ask(astropy, [program("write-files.py"), folder, "7", "40", "fpack"]);
      const answers = ask(astropy, [program("read-files.py"), folder])
        .trim()
        .split("\n");
      const truths = answers.map((line) => JSON.parse(line) as Truth);
      // What astropy itself cannot read is no case: a conversion that overflows.
      const readable = truths.filter(({ error }) => error === undefined);
      expect(readable.length).toBeGreaterThan(30);
      const found: string[] = [];
      for (const truth of readable) {
        for (const problem of await compareFile(folder, truth)) found.push(`${truth.file}: ${problem}`);
      }
      expect(found).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
