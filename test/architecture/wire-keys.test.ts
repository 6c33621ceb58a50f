import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, sourceFiles } from "./source-imports.ts";

/** The names of our own keys, `firstlight_…`, in a text. */
function keysIn(text: string): readonly string[] {
  return [...new Set(text.match(/\bfirstlight_[a-z_]+/g) ?? [])].sort();
}

test("the page on the wire tells of every key of our own that the sources write, and of no other", () => {
  const page = readFileSync(join(root, "docs/wire-compatibility.md"), "utf8");
  const table = page.split("\n").filter((line) => /^\| `[^`]*firstlight_/.test(line));
  const written = keysIn(
    sourceFiles()
      .filter(({ path }) => path.includes("scratch/"))
      .map(({ text }) => text)
      .join("\n"),
  );
  expect(written.length).toBeGreaterThan(8);
  expect(keysIn(table.join("\n"))).toEqual(written);
});
