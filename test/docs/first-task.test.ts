import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { registerInput } from "../../src/cli/register-input.ts";
import { fits } from "../../src/codecs/fits.ts";
import { createLogger } from "../../src/core/log.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { encodeFrame } from "../../src/fits/index.ts";
import { Tag } from "../../src/scratch/tag.ts";
import type { TaskClass } from "../../src/tasks/task-base.ts";
import { syntheticFrame } from "../../src/testing/synthetic-frame.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";
import { runWorkflow } from "../../src/workflow/run-workflow.ts";
import type { Workflow } from "../../src/workflow/workflow.ts";
import { codeBlockAfter } from "./code-block.ts";

const root = join(import.meta.dirname, "..", "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const block = codeBlockAfter(readme, "<!-- first-task -->");

// In the package itself, where its own name leads to it.
let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(root, "test", ".tmp-first-task-"));
  file = join(folder, "remove-artifacts.ts");
  writeFileSync(file, block);
  writeFileSync(join(folder, "workflow.ts"), codeBlockAfter(readme, "<!-- first-workflow -->"));
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
    const files = [file, join(folder, "workflow.ts")];
    const program = ts.createProgram(files, { ...options, noUncheckedIndexedAccess: true });
    const diagnostics = files.flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)));
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

    const products = await run.files([Tag.output(), Tag.frame()], fits.frame);
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

  test("puts its frames among the products of the README's first workflow", async () => {
    const [input, output] = [join(folder, "l0"), join(folder, "products")];
    mkdirSync(input);
    for (const name of ["a.fits", "b.fits"]) writeFileSync(join(input, name), encodeFrame(syntheticFrame()));
    const { workflow } = (await import(/* @vite-ignore */ pathToFileURL(join(folder, "workflow.ts")).href)) as {
      workflow: Workflow;
    };
    const env = { SCRATCH_BASE_PATH: join(folder, "scratch"), FIRSTLIGHT_OBJECT_STORE_PATH: output };
    const frames = { folder: input, frames: ["a.fits", "b.fits"], sizeBytes: 0, twins: [], otherFiles: 0, digest: "" };
    const log = createLogger({ level: "CRITICAL", pretty: false, write: () => undefined });
    const prepare = (recipeRunId: number) =>
      registerInput({ recipeRunId, input: frames, settings: loadSettings(env), log, keepScratch: false });
    const keys = { inputKey: input, outputKey: output, inputDigest: "" };
    expect(await runWorkflow(workflow, { ...keys, env, inProcess: true, prepare })).toMatchObject({ status: "done" });
    const products = readdirSync(output, { recursive: true, encoding: "utf8" });
    expect(products.filter((name) => /^data\/unassigned\/\w{6}\/[ab]\.fits$/.test(name))).toHaveLength(2);
  });
});
