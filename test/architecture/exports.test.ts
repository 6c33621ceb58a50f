import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { root } from "./source-imports.ts";

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, string | Record<string, string>>;
};

/** Subpath → the barrel behind it. */
const barrels = Object.entries(exports).flatMap(([subpath, conditions]) => {
  const source = typeof conditions === "string" ? undefined : conditions["firstlight-source"];
  if (source === undefined || !existsSync(join(root, source))) return [];
  return [[subpath.replace(/^\./, "firstlight"), join(root, source)] as const];
});

test("what the package exports is what it promised, values and types", { timeout: 120_000 }, async () => {
  const named = exportsOf(barrels.map(([, path]) => path));
  const text: string[] = [];
  for (const [subpath, path] of barrels) {
    const names = named(path);
    const values = new Set(Object.keys(await import(path)));
    expect([...values].filter((value) => !names.includes(value))).toEqual([]);
    const types = names.filter((name) => !values.has(name)).map((name) => `type ${name}`);
    text.push(`${subpath}\n${[...[...values].sort(), ...types.sort()].map((one) => `  ${one}\n`).join("")}`);
  }
  await expect(text.join("\n")).toMatchFileSnapshot("exports.txt");
});

test("a type is among what a barrel exports", () => {
  const named = exportsOf([join(root, "src/index.ts")]);
  expect(named(join(root, "src/index.ts"))).toEqual(expect.arrayContaining(["Real", "TaskClass", "runTask"]));
});

/** The names that modules export, types too, as the compiler sees them. What packages declare is left out: it takes long to read. */
function exportsOf(paths: readonly string[]): (path: string) => readonly string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    noLib: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map(({ text }) =>
      text.startsWith(".") ? ts.resolveModuleName(text, from, options, host) : { resolvedModule: undefined },
    );
  const program = ts.createProgram(paths, options, host);
  const checker = program.getTypeChecker();
  return (path) => {
    const source = program.getSourceFile(path);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${path} is no module.`);
    return checker.getExportsOfModule(module).map(({ name }) => name);
  };
}
