import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generatedDocs } from "../../scripts/generated-docs.ts";
import { thrownCodes } from "../../scripts/thrown-codes.ts";
import { errorCatalogue } from "../../src/core/error-catalogue.ts";
import { root } from "./source-imports.ts";

const thrown = thrownCodes(root);

test("the generated tables are those of the code (npm run docs writes them)", () => {
  for (const [path, text] of generatedDocs(root, thrown))
    expect(readFileSync(join(root, path), "utf8"), path).toBe(text);
});

describe("the error catalogue", () => {
  const { codes, unknown } = thrown;

  test("every place that throws says which codes and dispositions it may throw with", () => {
    expect(unknown).toEqual([]);
  });

  test("lists exactly the codes that src/ throws", () => {
    expect(Object.keys(errorCatalogue).sort()).toEqual([...codes.keys()].sort());
  });

  test("spells codes in capitals", () => {
    expect([...codes.keys()].filter((code) => !/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(code))).toEqual([]);
  });

  test("says when and what to do in whole sentences", () => {
    const entries = Object.entries(errorCatalogue);
    expect(entries.filter(([, { when, remedy }]) => when.endsWith(".") || !/^[A-Z`].*\.$/.test(remedy))).toEqual([]);
  });
});
