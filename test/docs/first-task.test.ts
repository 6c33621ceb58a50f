import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fits } from "../../src/codecs/fits.ts";
import { Tag } from "../../src/scratch/tag.ts";
import type { TaskClass } from "../../src/tasks/task-base.ts";
import { syntheticFrame } from "../../src/testing/synthetic-frame.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";
import { codeBlockAfter } from "./code-block.ts";

const root = join(import.meta.dirname, "..", "..");
const block = codeBlockAfter(readFileSync(join(root, "README.md"), "utf8"), "<!-- first-task -->");

// In the package itself, where its own name leads to it.
let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(root, "test", ".tmp-first-task-"));
  file = join(folder, "remove-artifacts.ts");
  writeFileSync(file, block);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the first task of the README", () => {
  test("has at most twenty lines and imports the package by its name", () => {
    expect(block.trimEnd().split("\n").length).toBeLessThanOrEqual(20);
    expect(block).toMatch(/from "firstlight"/);
    expect(block).not.toMatch(/from "\./);
  });

  test("is strictly typed", () => {
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [file] }, ts.sys, root);
    const program = ts.createProgram([file], options);
    const diagnostics = ts.getPreEmitDiagnostics(program, program.getSourceFile(file));
    expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
  });

  test("replaces what no detector can have measured, and leaves every other pixel", async () => {
    const { RemoveArtifacts } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as {
      RemoveArtifacts: TaskClass;
    };
    await using run = await tmpRun();
    const truth = (row: number, column: number): number => 1000 + row + column;
    const isArtifact = (row: number, column: number): boolean => row === 5 && (column === 7 || column === 8);
    const pixels = (row: number, column: number): number => (isArtifact(row, column) ? 65_000 : truth(row, column));
    await run.put(syntheticFrame({ pixels }), [Tag.input(), Tag.frame(), Tag.taskObserve()], fits.frame);
    await run.run(RemoveArtifacts);

    const products = await run.files([Tag.calibrated(), Tag.frame()], fits.frame);
    expect(products).toHaveLength(1);
    const { data, shape } = products[0]!.value.image;
    expect(shape).toEqual([16, 16]);
    for (let row = 0; row < 16; row++) {
      for (let column = 0; column < 16; column++) {
        const value = Number(data[row * 16 + column]);
        const error = Math.abs(value - truth(row, column));
        expect(error, `row ${row}, column ${column}: ${value}`).toBeLessThanOrEqual(isArtifact(row, column) ? 2 : 0);
      }
    }
    expect(products[0]!.value.header.string("INSTRUME")).toBe("SYNTH");
  });
});
