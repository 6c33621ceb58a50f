import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compareExotic, type Exotic } from "./exotic/compare-exotic.ts";
import { ask, astropy, describeWith } from "./fits-oracle.ts";

const program = fileURLToPath(new URL("exotic/exotic.py", import.meta.url));

/**
 * Where astropy 5 reads something else than the standard has: logicals, bits, texts, scales and shapes in the heap, cells without width,
 * fill behind TDIM, NUL in texts, exponents without a letter, BLANK of unsigned pixels, and compressed images of more than three axes,
 * with ZBLANK, without ZTILE, with gzip beside whole numbers or with line lists of bytes.
 */
const otherwise =
  /^(variable-[PQ][LXA]|scaled-|zero-width|tdim|texts|forms|ascii-|axes-999|scaled\d+-|unsigned-|special-records|blanks-behind|no-padding-table|rice-[124]-|rice-(zblank|no-tile|fallback)|rice-scaled-blank|plio-|quantised)/;

// Whatever the seed: `exotic/exotic.py FOLDER SEED` makes some 160 files of each.
describeWith(astropy, () => {
  test.each(["1", "2"])(
    "valid files of the rarer kinds hold what was written: seed %s",
    { timeout: 120_000 },
    async (seed) => {
      const folder = await mkdtemp(join(tmpdir(), "firstlight-exotic-"));
      try {
        const truths = ask(astropy, [program, folder, seed])
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as Exotic);
        const found: string[] = [];
        let count = 0;
        for (const truth of truths) {
          const compared = await compareExotic(folder, truth);
          found.push(...compared.problems);
          count += compared.count;
        }
        expect(found).toEqual([]);
        expect(truths.length).toBeGreaterThan(150);
        expect(count).toBeGreaterThan(20_000);
        // The writer is held against astropy, where astropy goes by the standard.
        const apart = truths.filter((truth) => truth.astropy !== "agrees" && !otherwise.test(truth.file));
        expect(apart.map((truth) => `${truth.file}: ${truth.astropy}`)).toEqual([]);
        expect(truths.filter((truth) => truth.astropy === "agrees").length).toBeGreaterThan(80);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});
