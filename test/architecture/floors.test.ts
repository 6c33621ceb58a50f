import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf, root, type SourceFile, sourceFiles } from "./source-imports.ts";

/** The tower: an import goes to a lower floor or stays in its own folder. docs/architecture.md says what each is for. */
const floors: Readonly<Record<string, number>> = {
  core: 0,
  kernels: 0,
  fits: 1,
  asdf: 1,
  math: 2,
  codecs: 2,
  scratch: 3,
  services: 3,
  telemetry: 3,
  parsing: 4,
  headers: 4,
  quality: 4,
  provenance: 4,
  tasks: 5,
  workflow: 6,
  engine: 7,
  testing: 7,
  api: 8,
  server: 9,
  demo: 9,
  cli: 10,
};

const firstFloorWithIo = 3;
const ioModules = /^node:(fs|net|tls|dgram|dns|http|https|http2|child_process|cluster|sqlite|readline|repl)(\/|$)/;
const clients = /^(ioredis|amqplib|pg|graphql|graphql-yoga|@aws-sdk\/.*|@opentelemetry\/sdk-.*)(\/|$)/;
/** The one implementation of ByteSource and ByteSink over files, and the one door to SQLite. */
const ioBelow = ["src/core/file.ts", "src/core/sqlite-file.ts"];
/** Log lines go to standard error unless somebody takes them. */
const streamsBelow = ["src/core/log.ts"];

const files = sourceFiles();

/** The folder under `src/`; empty for `src/index.ts`, the barrel of what a task author needs. */
function folderOf(path: string): string {
  const [, folder = "", ...rest] = path.split("/");
  return rest.length === 0 ? "" : folder;
}

function floorOf(folder: string): number {
  // The barrel stands between the workflow and what is built on it.
  return folder === "" ? 6.5 : (floors[folder] ?? Number.NaN);
}

/** Why this import may not be; nothing where it may. */
function trespass(from: string, target: string): string | undefined {
  const own = folderOf(from);
  const other = folderOf(target);
  if (!target.startsWith("src/")) return `${from} imports ${target}, which is outside src/`;
  if (own === other) return undefined;
  if (floorOf(other) < floorOf(own)) return undefined;
  return `${from} (floor ${floorOf(own)}) imports ${target} (floor ${floorOf(other)})`;
}

describe("the tower", () => {
  test("there are sources to look at", () => {
    expect(files.length).toBeGreaterThan(20);
  });

  test("every folder under src/ has its floor", () => {
    expect(
      [...new Set(files.map(({ path }) => folderOf(path)))].filter((folder) => Number.isNaN(floorOf(folder))),
    ).toEqual([]);
  });

  test("an import goes to a lower floor or stays in its folder", () => {
    const trespasses = relativeImports(files).flatMap(([from, target]) => trespass(from, target) ?? []);
    expect(trespasses).toEqual([]);
  });

  test("nobody inside imports a barrel", () => {
    const barrels = relativeImports(files).filter(
      ([from, target]) => target.endsWith("/index.ts") && from !== "src/index.ts",
    );
    expect(barrels).toEqual([]);
  });

  test("no file imports itself by way of others", () => {
    expect(
      cycles(new Map(files.map((file) => [file.path, relativeImports([file]).map(([, target]) => target)]))),
    ).toEqual([]);
  });

  test("a file has at most 500 lines", () => {
    const long = files.map(({ path, text }) => [path, text.split("\n").length - 1] as const);
    expect(long.filter(([path, lines]) => lines > 500 && !path.endsWith(".generated.ts"))).toEqual([]);
  });

  test("no folder is nested deeper than src/one/two/three", () => {
    expect(files.map(({ path }) => path).filter((path) => path.split("/").length > 5)).toEqual([]);
  });

  test("below floor 3 only core/file.ts and core/sqlite-file.ts do I/O", () => {
    const low = files.filter(({ path }) => floorOf(folderOf(path)) < firstFloorWithIo && !ioBelow.includes(path));
    const doing = low.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => ioModules.test(target) || clients.test(target))
        .map(({ target }) => [path, target]),
    );
    expect(doing).toEqual([]);
  });

  test("folders are made by core/file.ts, whose makeFolders ends where Node's recursive mkdir does not", () => {
    const making = files.filter(({ path, text }) => path !== "src/core/file.ts" && /\bmkdir(Sync)?\(/.test(code(text)));
    expect(making.map(({ path }) => path)).toEqual([]);
  });

  test("the code of an error is read by codeOf of core/errors.ts alone", () => {
    const reading = files.filter(
      ({ path, text }) => path !== "src/core/errors.ts" && /["']code["'] in /.test(code(text)),
    );
    expect(reading.map(({ path }) => path)).toEqual([]);
  });

  test("nobody asks with instanceof for a class of ours: another copy of the library has its own", () => {
    const ours = new Set(
      files.flatMap(({ text }) => Array.from(code(text).matchAll(/\bclass (\w+)/g), ([, name]) => name)),
    );
    expect(ours).toContain("Real");
    const asking = files.flatMap(({ path, text }) =>
      Array.from(code(text).matchAll(/\binstanceof (\w+)/g), ([, name]) => [path, name]).filter(([, name]) =>
        ours.has(name),
      ),
    );
    expect(asking).toEqual([]);
  });

  test("below floor 3 nobody looks at the process's environment and streams but core/log.ts", () => {
    const low = files.filter(({ path }) => floorOf(folderOf(path)) < firstFloorWithIo && !streamsBelow.includes(path));
    const looking = low.filter(({ text }) =>
      /\bprocess\.(env|argv|cwd|std(in|out|err))\b|\bconsole\.\w+\(/.test(code(text)),
    );
    expect(looking.map(({ path }) => path)).toEqual([]);
  });

  test("clients of servers are loaded when they are used", () => {
    const eager = files.flatMap(({ path, imports }) =>
      imports
        .filter(({ target, typeOnly, lazy }) => clients.test(target) && !typeOnly && !lazy)
        .map(({ target }) => [path, target]),
    );
    expect(eager).toEqual([]);
  });
});

test("docs/architecture.md shows every folder on its floor, and those that are still to come", () => {
  const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
  const rows = page.matchAll(/^\| (\d+) \| `(\w+)\/` \|/gm);
  const shown = Object.fromEntries(Array.from(rows, ([, floor, folder = ""]) => [folder, Number(floor)]));
  const present = new Set(files.map(({ path }) => folderOf(path)).filter((folder) => folder !== ""));
  expect(shown).toEqual(Object.fromEntries(Object.entries(floors).filter(([folder]) => present.has(folder))));
  const [, toCome = ""] = /Still to come are ([^.]*)\./.exec(page) ?? [];
  const announced = Array.from(toCome.matchAll(/`(\w+)\/` \((\d+)\)/g), ([, folder = "", floor]) => [
    folder,
    Number(floor),
  ]);
  expect(announced).toEqual(Object.entries(floors).filter(([folder]) => !present.has(folder)));
});

describe("the checks themselves", () => {
  test.each([
    ["src/fits/a.ts", "src/math/b.ts"],
    ["src/scratch/a.ts", "src/services/b.ts"],
    ["src/tasks/a.ts", "src/index.ts"],
    ["src/index.ts", "src/cli/b.ts"],
    ["src/core/a.ts", "scripts/b.ts"],
  ])("%s may not import %s", (from, target) => {
    expect(trespass(from, target)).toContain(target);
  });

  test.each([
    ["src/math/a.ts", "src/fits/b.ts"],
    ["src/tasks/stock/a.ts", "src/tasks/b.ts"],
    ["src/index.ts", "src/workflow/b.ts"],
    ["src/cli/a.ts", "src/index.ts"],
  ])("%s may import %s", (from, target) => {
    expect(trespass(from, target)).toBeUndefined();
  });

  test("every form of import is seen", () => {
    const text = `
      import a from "./a.ts"; import type { B } from "./b.ts"; import { type C } from "./c.ts";
      export * from "./d.ts"; const e = await import("./e.ts"); let f: import("./f.ts").F; import "node:fs";`;
    expect(importsOf("src/core/x.ts", text)).toEqual([
      { target: "src/core/a.ts", typeOnly: false, lazy: false },
      { target: "src/core/b.ts", typeOnly: true, lazy: false },
      { target: "src/core/c.ts", typeOnly: true, lazy: false },
      { target: "src/core/d.ts", typeOnly: false, lazy: false },
      { target: "src/core/e.ts", typeOnly: false, lazy: true },
      { target: "src/core/f.ts", typeOnly: true, lazy: false },
      { target: "node:fs", typeOnly: false, lazy: false },
    ]);
  });

  test("a cycle is found with its path", () => {
    const graph = new Map([
      ["a", ["b", "d"]],
      ["b", ["c"]],
      ["c", ["a"]],
      ["d", []],
    ]);
    expect(cycles(graph)).toEqual(["a → b → c → a"]);
  });
});

function relativeImports(from: readonly SourceFile[]): (readonly [from: string, target: string])[] {
  return from.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => target.includes("/") && target.endsWith(".ts"))
      .map(({ target }) => [path, target] as const),
  );
}

function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(" → "));
    if (start >= 0 || done.has(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return found;
}

/** Without comments: they may speak of what the code must not do. */
function code(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "");
}
