import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openFile } from "../../src/core/file.ts";
import { readSection } from "../../src/fits/index.ts";
import { ask, astropy, describeWith } from "./fits-oracle.ts";

interface Case {
  readonly name: string;
  readonly hdu: number;
  readonly section: readonly (readonly [number, number])[];
  /** Little-endian float64, in hexadecimal digits. */
  readonly pixels: string;
}

describeWith(astropy, () => {
  test("sections of plain and compressed images of every type hold what astropy's sections hold", async () => {
    const folder = await mkdtemp(join(tmpdir(), "firstlight-sections-"));
    try {
      const program = fileURLToPath(new URL("fits-section.py", import.meta.url));
      ask(astropy, [program, folder]);
      const cases = JSON.parse(await readFile(join(folder, "cases.json"), "utf8")) as readonly Case[];
      expect(cases.length).toBeGreaterThan(100);
      for (const { name, hdu, section, pixels } of cases) {
        await using file = await openFile(join(folder, name));
        const ranges = section.map(([start, stop]) => ({ start, stop }));
        const { data } = await readSection(file, ranges, hdu, { as: "float64" });
        const ours = data as Float64Array;
        const theirs = new Float64Array(new Uint8Array(Buffer.from(pixels, "hex")).buffer);
        const differ = [...ours.keys()].filter((i) => !Object.is(ours[i], theirs[i]));
        expect([ours.length, differ], `${name} ${JSON.stringify(section)}`).toEqual([theirs.length, []]);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
