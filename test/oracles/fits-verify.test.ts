import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesSource } from "../../src/core/byte-source.ts";
import { encodeFits, Header, openFits, verifyFits } from "../../src/fits/index.ts";
import { describeWith, fitsverify } from "./fits-oracle.ts";

const arrays = {
  logical: [{ data: [true, false, true] }, { data: [] }, { data: [false] }],
  text: [{ data: ["abc"] }, { data: [""] }, { data: ["d"] }],
} as const;

/** Three rows of one column: three elements, none, and one, all of one byte; a heap of four bytes behind 24 of rows. */
async function tableOf(type: keyof typeof arrays, at: number, bytes: readonly number[]): Promise<Uint8Array> {
  const rows = arrays[type].map((row) => ({ type, ...row })) as never;
  const columns = [{ name: "A", type: "variable", rows }] as const;
  const file = encodeFits([{ header: new Header() }, { header: new Header(), columns }]);
  const { hdus } = await openFits(bytesSource(file));
  file.set(bytes, (hdus[1]?.dataOffset ?? 0) + at);
  return file;
}

describeWith(fitsverify, () => {
  // What the standard allows though fitsverify does not is a warning of ours.
  test.each([
    ["nothing", "logical", 0, [], "sound"],
    ["nothing", "text", 0, [], "sound"],
    ["a logical in the heap that is none", "logical", 25, [120], "problem"],
    ["a logical in the heap that is undefined", "logical", 25, [0], "sound"],
    ["a text in the heap that is none", "text", 25, [200], "problem"],
    ["an array beyond the heap", "text", 16, [0, 0, 0, 1, 0, 0, 0, 4], "problem"],
    ["an empty array at the end of the heap", "text", 8, [0, 0, 0, 0, 0, 0, 0, 4], "sound"],
    ["an empty array beyond the heap", "text", 8, [0, 0, 0, 0, 0, 0, 0, 5], "warning"],
  ] as const)("tells of %s in a table (%s) as we do", async (_, type, at, bytes, verdict) => {
    const file = await tableOf(type, at, bytes);
    const folder = await mkdtemp(join(tmpdir(), "firstlight-verify-"));
    try {
      const path = join(folder, "a.fits");
      await writeFile(path, file);
      const { status, stdout } = spawnSync(fitsverify.command, ["-q", path], { encoding: "utf8" });
      expect([status === 0, stdout]).toEqual([verdict === "sound", expect.stringMatching(/^verification (OK|FAILED)/)]);
      const { problems, warnings } = await verifyFits(bytesSource(file));
      expect([problems.length, warnings.length]).toEqual([
        Number(verdict === "problem"),
        Number(verdict === "warning"),
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
