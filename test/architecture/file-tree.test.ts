import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./source-imports.ts";

const [, tree = ""] = /```\n(src\/\n[^`]*)```/.exec(readFileSync(join(root, "docs/architecture.md"), "utf8")) ?? [];

/** Folder under `src/` → the words of its part of the tree. */
const words = new Map(
  tree
    .split(/\n {2}(?=\S)/)
    .slice(1)
    .map((part) => {
      const [folder = "", ...rest] = part.split(/[\s,;:()/]+/);
      return [folder, rest] as const;
    }),
);

/** The tree may name a family: `attempt-*`, `*-bud`. */
function names(word: string, stem: string): boolean {
  const [start = "", end] = word.split("*");
  if (end === undefined || start + end === "") return word === stem;
  return stem.startsWith(start) && stem.endsWith(end);
}

test("the file tree of docs/architecture.md names every file of src/ under its folder", () => {
  const files = globSync("src/*/**/*.ts", { cwd: root }).filter((path) => basename(path) !== "index.ts");
  expect(files.length).toBeGreaterThan(100);
  const missing = files.filter((path) => {
    const [, folder = ""] = path.split(/[\\/]/);
    return !(words.get(folder) ?? []).some((word) => names(word, basename(path, ".ts")));
  });
  expect(missing.sort()).toEqual([]);
});
