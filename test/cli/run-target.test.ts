import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exitCodeOf } from "../../src/cli/exit-code.ts";
import { makeOutputFolder, resolveTarget } from "../../src/cli/run-target.ts";
import { fixture } from "./cli-process.ts";

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "firstlight-target-")));
  await mkdir(join(folder, "l0"));
  await writeFile(join(folder, "l0/a.fits"), "x");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const target = (rest: Readonly<Record<string, string>> = {}, env: Readonly<Record<string, string>> = {}) =>
  resolveTarget(
    {
      _: [],
      file: fixture("nothing.ts").replace("nothing", "plain"),
      input: join(folder, "l0"),
      output: join(folder, "out"),
      fresh: false,
      json: false,
      "keep-scratch": false,
      "in-process": false,
      ...rest,
    } as unknown as Parameters<typeof resolveTarget>[0],
    env,
  );

test("the folders of the command line become settings, with absolute paths", async () => {
  const { options, settings, input } = await target(
    { scratch: join(folder, "s"), "recipe-run": "7" },
    { BUS_DRIVER: "sqlite" },
  );
  expect(options).toMatchObject({ recipeRunId: 7, inputKey: join(folder, "l0"), outputKey: join(folder, "out") });
  expect(options.env).toMatchObject({
    BUS_DRIVER: "sqlite",
    SCRATCH_BASE_PATH: join(folder, "s"),
    FIRSTLIGHT_OBJECT_STORE_PATH: join(folder, "out"),
  });
  expect(settings.scratchBasePath).toBe(join(folder, "s"));
  expect(input.digest).toBe(options.inputDigest);
});

test("an output has one name, before and after it is made, through links too", async () => {
  await symlink(folder, join(folder, "link"));
  const before = await target({ output: join(folder, "link/out/deep") });
  expect(before.output).toBe(join(folder, "out/deep"));
  await makeOutputFolder(before.output);
  expect((await target({ output: join(folder, "link/out/deep") })).output).toBe(before.output);
});

test.each<[string, Readonly<Record<string, string>>, string]>([
  ["a run's number that is none", { "recipe-run": "x" }, "USAGE"],
  ["no worker", { workers: "0" }, "USAGE"],
  ["a file that is not there", { file: "nope.ts" }, "WORKFLOW_FILE_NOT_FOUND"],
  ["a file that exports no workflow", { file: fixture("nothing.ts") }, "WORKFLOW_NOT_EXPORTED"],
  ["a file that is no module", { file: fixture("../fits/manifest.json") }, "WORKFLOW_FILE_TYPE"],
  ["another workflow than there is", { workflow: "other" }, "WORKFLOW_NOT_EXPORTED"],
])("%s is bad usage", async (_, rest, code) => {
  const error = await target(rest).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
  expect(exitCodeOf(error)).toBe(2);
});

test("a folder cannot be input and output", async () => {
  await expect(target({ output: `${join(folder, "l0")}/../l0/` })).rejects.toMatchObject({ code: "USAGE" });
});

test("an output that cannot be made is found out at the beginning", async () => {
  await expect(makeOutputFolder(join(folder, "l0/a.fits/out"))).rejects.toMatchObject({ code: "OUTPUT_FOLDER" });
});
