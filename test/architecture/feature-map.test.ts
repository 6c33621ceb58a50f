import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root, sourceFiles } from "./source-imports.ts";

interface Row {
  readonly number: number;
  readonly tests: readonly (readonly [file: string, title: string])[];
  readonly notYet: string;
}

const [, features = "", defects = ""] = readFileSync(join(root, "docs/feature-map.md"), "utf8").split(/^## /m);

/** The last two cells of a row are its tests and what is not there yet. */
function rowsOf(section: string): readonly Row[] {
  return section
    .split("\n")
    .filter((line) => /^\| \d+ \|/.test(line))
    .map((line) => {
      const cells = line.split("|").map((cell) => cell.trim());
      return { number: Number(cells[1]), tests: testsOf(cells.at(-3) ?? ""), notYet: cells.at(-2) ?? "" };
    });
}

function testsOf(cell: string): Row["tests"] {
  if (cell === "–") return [];
  return cell.split("<br>").flatMap((entry) => {
    const [, file, titles] = /^`((?:test|src\/testing)\/[\w./-]+\.ts)`: (".*")$/.exec(entry) ?? [];
    if (file === undefined || titles === undefined) throw new Error(`no test file with titles: ${entry}`);
    return titles
      .slice(1, -1)
      .split('"; "')
      .map((title) => [file, title] as const);
  });
}

/** What names a test: the title stands in the file as a string of its own, and not behind a `skip` or in a comment. */
function isTitleIn(text: string, title: string): boolean {
  return text.split("\n").some((line, i, lines) => {
    const at = [`"${title}"`, `\`${title}\``].map((literal) => line.indexOf(literal)).find((found) => found >= 0);
    if (at === undefined) return false;
    const before = `${lines[i - 1] ?? ""}\n${line.slice(0, at)}`;
    return !/\.(?:skip|todo|fails)\b[^;]*$|\/\/[^\n]*$/.test(before);
  });
}

function upTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

describe.each([
  ["the features", features, 47],
  ["the defects", defects, 15],
])("the map of %s", (_, section, last) => {
  const rows = rowsOf(section);

  test("has every number once, in order", () => {
    expect(rows.map(({ number }) => number)).toEqual(upTo(last));
  });

  test("names tests that exist, by file and title", () => {
    const missing = rows.flatMap(({ number, tests }) =>
      tests
        .filter(([file, title]) => {
          const path = join(root, file);
          return !existsSync(path) || !isTitleIn(readFileSync(path, "utf8"), title);
        })
        .map(([file, title]) => `${number}: ${file} "${title}"`),
    );
    expect(missing).toEqual([]);
  });

  test("says what is not there yet where a row has no test", () => {
    expect(rows.filter(({ tests, notYet }) => tests.length === 0 && !/\w{3}/.test(notYet))).toEqual([]);
  });
});

test("every name that stands for a feature is one of the sources, or a subpath", () => {
  const words = new Set(sourceFiles().flatMap(({ text }) => text.match(/\w+/g) ?? []));
  const names = features.split("\n").flatMap((line) => line.split("|")[3]?.match(/`[^`]+`/g) ?? []);
  const parts = names.flatMap((name) => name.match(/\w+/g) ?? []);
  expect(parts.length).toBeGreaterThan(80);
  expect(parts.filter((part) => !words.has(part))).toEqual([]);
});

test("a title counts only as a whole string of the file", () => {
  expect(isTitleIn('test("keeps state 0", …)', "keeps state 0")).toBe(true);
  expect(isTitleIn('test("keeps state 0", …)', "keeps state")).toBe(false);
});
