import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunDocument } from "../../src/cli/run-document.ts";
import { codeBlockAfter } from "./code-block.ts";

const root = join(import.meta.dirname, "..", "..");
const pages = new Map(
  readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => [name, readFileSync(join(root, "docs", name), "utf8")] as const)
    .filter(([, text]) => /^```(ts|typescript)$/m.test(text)),
);

// In the package itself, where its own name leads to it.
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(root, "test", ".tmp-docs-"));
  for (const [page, text] of pages) {
    mkdirSync(join(folder, page));
    for (const name of namesIn(text)) {
      writeFileSync(join(folder, page, `${name}.ts`), codeBlockAfter(text, `<!-- run: ${name} -->`));
    }
    // A page may build on a file of another.
    for (const [, other = "", name = ""] of text.matchAll(/^<!-- with: (\S+) (\S+) -->$/gm)) {
      const code = codeBlockAfter(pages.get(other) ?? "", `<!-- run: ${name} -->`);
      writeFileSync(join(folder, page, `${name}.ts`), code);
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every page that a task's author reads has examples, and every TypeScript example is run", () => {
  expect([...pages.keys()].sort()).toEqual([
    "crash-safety.md",
    "first-pipeline.md",
    "fits.md",
    "frame-arithmetic.md",
    "message-bus.md",
    "metadata-store.md",
    "object-store.md",
    "own-codec.md",
    "own-driver.md",
    "own-stem.md",
    "own-task.md",
    "parameters-and-constants.md",
    "tags-and-files.md",
    "telemetry.md",
    "testing-a-task.md",
    "transfer.md",
  ]);
  for (const [page, text] of pages) {
    const blocks = text.match(/^```(ts|typescript)$/gm) ?? [];
    expect([page, new Set(namesIn(text)).size]).toEqual([page, blocks.length]);
  }
});

test("the examples are strictly typed", { timeout: 120_000 }, () => {
  const files = [...pages].flatMap(([page, text]) => namesIn(text).map((name) => join(folder, page, `${name}.ts`)));
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files }, ts.sys, root);
  const program = ts.createProgram(files, options);
  const problems = files.flatMap((file) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map(({ messageText, start }) => {
      const line = program.getSourceFile(file)?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
      return `${file.slice(folder.length)}:${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    }),
  );
  expect(problems).toEqual([]);
});

describe.each([...pages.keys()])("%s", (page) => {
  test("its examples run in their order, and find what they say", { timeout: 60_000 }, () => {
    const modules = namesIn(pages.get(page) ?? "").map((name) => `./${name}.ts`);
    const script = `for (const name of ${JSON.stringify(modules)}) await import(name);`;
    const { code, output } = node(page, "--input-type=module", "--eval", script);
    expect(code, output).toBe(0);
  });
});

describe("first-pipeline.md", () => {
  test("its commands do what it says", { timeout: 120_000 }, () => {
    const page = "first-pipeline.md";
    const commands = (pages.get(page) ?? "").match(/^npx firstlight .*$/gm) ?? [];
    expect(commands).toHaveLength(3);
    const outputs = commands.map((command) => {
      const args = command.replace(/#.*/, "").trim().split(/\s+/).slice(2);
      const { code, output } = node(page, join(root, "src/cli/bin.ts"), ...args);
      expect(code, output).toBe(0);
      return output;
    });
    expect(outputs[2]).toContain("TASK_OBSERVE");
    const products = readdirSync(join(folder, page, "products"), { recursive: true, encoding: "utf8" });
    expect(products.filter((path) => path.endsWith(".fits")).map((path) => path.split("/").at(-1))).toEqual([
      "sky-1.fits",
      "sky-2.fits",
    ]);
  });

  test("a run that is done is over, and one that failed goes on with what failed or was changed, as it says", {
    timeout: 120_000,
  }, () => {
    const page = "first-pipeline.md";
    const [, command = ""] = (pages.get(page) ?? "").match(/^npx firstlight (run .*)$/m) ?? [];
    const run = (expectedCode: number) => {
      const args = [...command.trim().split(/\s+/), "--in-process", "--json"];
      const { code, output, stdout } = node(page, join(root, "src/cli/bin.ts"), ...args);
      expect(code, output).toBe(expectedCode);
      const { recipeRunId, tasks } = JSON.parse(stdout) as RunDocument;
      return [recipeRunId, ...tasks.map(({ task, status }) => `${task} ${status}`)];
    };
    const change = (name: string, from: string, to: string) => {
      const file = join(folder, page, `${name}.ts`);
      const text = readFileSync(file, "utf8");
      expect(text).toContain(from);
      writeFileSync(file, text.replace(from, to));
    };
    const [begin, broken] = [
      "async run(): Promise<void> {\n",
      "async run(): Promise<void> {\n    throw new Error();\n",
    ];
    const afterParsing = ["SubtractDark done", "TransferL1Data done"];

    const [first, ...all] = run(0);
    expect(all).toEqual(["TransferL0Data done", "ParseMycam done", ...afterParsing]);
    const second = Number(first) + 1;
    change("subtract-dark", begin, broken);
    const failed = ["TransferL0Data done", "ParseMycam done", "SubtractDark failed", "TransferL1Data blocked"];
    expect(run(1)).toEqual([second, ...failed]);
    change("subtract-dark", broken, begin);
    expect(run(0)).toEqual([second, "TransferL0Data unchanged", "ParseMycam unchanged", ...afterParsing]);
    change("subtract-dark", begin, broken);
    expect(run(1)).toEqual([second + 1, ...failed]);
    change("subtract-dark", broken, begin);
    change("parse-mycam", "return [taskTypeFlower()];", "return [taskTypeFlower() /* as the header says */];");
    expect(run(0)).toEqual([second + 1, "TransferL0Data unchanged", "ParseMycam done", ...afterParsing]);

    const products = readdirSync(join(folder, page, "products"), { recursive: true, encoding: "utf8" });
    const ofEachRun = products.filter((path) => path.endsWith("sky-1.fits")).map((path) => dirname(path));
    expect(new Set(ofEachRun).size).toBe(second + 1);
  });
});

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/^<!-- run: (\S+) -->$/gm)].map(([, name]) => name ?? "");
}

function node(page: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--conditions=firstlight-source", ...args], {
    cwd: join(folder, page),
    encoding: "utf8",
  });
  return { code: status, stdout, output: stdout + stderr };
}
