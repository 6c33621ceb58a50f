import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../architecture/source-imports.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-hooks-"));
  for (const path of ["package.json", "biome.json", "tsconfig.json", ".gitignore", "scripts", "src/core/errors.ts"]) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  mkdirSync(join(folder, "changelog"));
  write("CHANGELOG.md", "# Changelog\n");
  write("tsconfig.json", JSON.stringify({ extends: "./checkout.json", include: ["src"] }));
  cpSync(join(root, "tsconfig.json"), join(folder, "checkout.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  run("git", "init", "--quiet", "--initial-branch=main");
  run("git", "config", "user.name", "Nobody");
  run("git", "config", "user.email", "nobody@example.org");
  expect(run("npm", "run", "--silent", "hooks").code).toBe(0);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("a sound change is committed, whatever lies beside it", { timeout: 120_000 }, () => {
  write("notes.json", "{ not json");
  const { code, output } = commit({ "src/sound.ts": "export const one = 1;\n", "changelog/1.misc.md": "Something.\n" });
  expect(code, output).toBe(0);
});

test("a change that no fragment tells of is refused, and one outside of src/ needs none", {
  timeout: 120_000,
}, async () => {
  const { code, output } = commit({ "src/silent.ts": "export const one = 1;\n" });
  expect(code).toBe(1);
  expect(output).toMatch(/src\/silent\.ts is staged, and no fragment/);
  run("git", "reset", "--quiet");
  await rm(join(folder, "src/silent.ts"));
  const outside = commit({ "notes.txt": "Nothing that a user notices.\n" });
  expect(outside.code, outside.output).toBe(0);
});

test.each([
  ["style", { "src/style.ts": "export const one=1\n" }, /src\/style\.ts/],
  ["types", { "src/types.ts": 'export const one: number = "one";\n' }, /src\/types\.ts\(1,14\): error TS2322/],
  ["a fragment's name", { "changelog/2.fix.md": "Something.\n" }, /changelog\/2\.fix\.md: a fragment is named/],
])(
  "a change that is wrong in %s is refused",
  { timeout: 120_000 },
  async (_, files: Record<string, string>, message) => {
    const { code, output } = commit(files);
    expect(code).toBe(1);
    expect(output).toMatch(message);
    run("git", "reset", "--quiet");
    for (const path of Object.keys(files)) await rm(join(folder, path));
  },
);

function commit(files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) write(path, text);
  run("git", "add", ...Object.keys(files));
  return run("git", "commit", "--quiet", "--message", "Change something");
}

function run(command: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
  return { code: status, output: stdout + stderr };
}

function write(path: string, text: string): void {
  writeFileSync(join(folder, path), text);
}
