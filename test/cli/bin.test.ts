import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const bin = join(import.meta.dirname, "../../src/cli/bin.ts");

/** A Node on this machine that is too old for firstlight, and yet knows top-level await. */
const oldNode = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/bin", "/usr/bin"]
  .map((folder) => join(folder, "node"))
  .filter((program) => existsSync(program))
  .find((program) => {
    const [major = 0, minor = 0] = spawnSync(program, ["-p", "process.versions.node"], { encoding: "utf8" })
      .stdout.split(".")
      .map(Number);
    return major >= 18 && (major < 24 || (major === 24 && minor < 15));
  });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-bin-"));
  // The bin as the build writes it, with a main program that says who runs it.
  const source = await readFile(bin, "utf8");
  await mkdir(join(folder, "package/cli"), { recursive: true });
  await writeFile(join(folder, "package/package.json"), '{"type": "module"}');
  await writeFile(join(folder, "package/cli/bin.js"), stripTypeScriptTypes(source).replace("./main.ts", "./main.js"));
  await writeFile(
    join(folder, "package/cli/main.js"),
    "console.log(process.versions.node, ...process.argv.slice(2)); process.exitCode = 7;",
  );
  await mkdir(join(folder, "bare"));
  await mkdir(join(folder, "project/node_modules/node/bin"), { recursive: true });
  await writeFile(join(folder, "project/package.json"), "{}");
  await writeFile(join(folder, "project/node_modules/node/package.json"), '{"name": "node", "version": "24.21.0"}');
  const wrapper = `#!/bin/sh\nexec '${process.execPath}' "$@"\n`;
  await writeFile(join(folder, "project/node_modules/node/bin/node"), wrapper, { mode: 0o755 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (program: string, where: string) =>
  spawnSync(program, [join(folder, "package/cli/bin.js"), "run", "--json"], {
    cwd: join(folder, where),
    encoding: "utf8",
  });

test("a Node that is new enough runs the command at once", () => {
  expect(run(process.execPath, "bare")).toMatchObject({ status: 7, stdout: `${process.versions.node} run --json\n` });
});

describe.skipIf(oldNode === undefined)("under an old Node (skipped where the machine has none)", () => {
  test("the Node of the npm package takes over, with arguments, output and exit code", () => {
    expect(run(oldNode ?? "", "project")).toMatchObject({ status: 7, stdout: `${process.versions.node} run --json\n` });
  });

  test("without one, a line says what to do", () => {
    const { status, stdout, stderr } = run(oldNode ?? "", "bare");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^firstlight needs Node 24\.15 or newer; this is \d+\.\d+\.\d+\. Run 'npm install .*\n$/);
  });
});
