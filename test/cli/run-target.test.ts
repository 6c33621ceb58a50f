import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exitCodeOf } from "../../src/cli/exit-code.ts";
import { makeOutputFolder, resolveTarget } from "../../src/cli/run-target.ts";
import { silentLogger } from "../../src/core/log.ts";
import { sqliteMetadataStore } from "../../src/services/drivers/sqlite-metadata-store.ts";
import { formatFrames } from "../../src/services/input-dataset.ts";
import { serveMetadata } from "../../src/testing/serve-metadata.ts";
import { fixture } from "./cli-process.ts";

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "firstlight-target-")));
  await mkdir(join(folder, "l0"));
  await writeFile(join(folder, "l0/a.fits"), "x");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const target = (
  rest: Readonly<Record<string, string | boolean | undefined>> = {},
  env: Readonly<Record<string, string>> = {},
) =>
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
    { log: silentLogger },
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

describe("without --input", () => {
  const s3 = { "object-store-api": { mesh_address: "127.0.0.1", mesh_port: 1 } };
  const keys = { OBJECT_STORE_ACCESS_KEY: "access", OBJECT_STORE_SECRET_KEY: "secret" };

  test("the input is what a facility's metadata store has for the recipe run, and another one has another digest", async () => {
    await using store = sqliteMetadataStore({ path: join(folder, "facility.sqlite") });
    const register = (objectKeys: readonly string[]) =>
      store.register({
        recipeRunId: 41,
        parts: [{ type: "observe_frames", document: formatFrames([{ bucket: "raw", objectKeys }]) }],
        replace: true,
      });
    await register(["a.fits", "b.fits"]);
    await using server = await serveMetadata({ store, authToken: "a token" });
    const env = {
      ...keys,
      GQL_AUTH_TOKEN: "a token",
      MESH_CONFIG: JSON.stringify({ ...JSON.parse(server.meshConfig), ...s3 }),
    };
    const rest = { input: undefined, output: undefined, "recipe-run": "41" };
    const { input, options, output, outputFolder } = await target(rest, env);
    expect(input).toMatchObject({ frames: 2, folder: undefined });
    expect(options).toMatchObject({ recipeRunId: 41, inputKey: "metadata store", outputKey: "s3" });
    expect({ output, outputFolder }).toEqual({ output: "s3", outputFolder: undefined });
    expect((await target(rest, env)).options.inputDigest).toBe(options.inputDigest);
    await register(["a.fits", "c.fits"]);
    expect((await target(rest, env)).options.inputDigest).not.toBe(options.inputDigest);
    await expect(target({ ...rest, input: join(folder, "l0") }, env)).rejects.toMatchObject({
      code: "INPUT_NOT_REGISTERED",
    });
    await expect(target({ ...rest, "recipe-run": "42" }, env)).rejects.toMatchObject({ code: "RECIPE_RUN_NOT_FOUND" });
    await expect(target(rest, { ...env, GQL_AUTH_TOKEN: "another" })).rejects.toMatchObject({
      code: "METADATA_STORE_ACCESS_REFUSED",
    });
  });

  test.each<[string, Readonly<Record<string, string | boolean | undefined>>, RegExp]>([
    ["a recipe run has to be named", {}, /--input DIR is missing\. .*--recipe-run N/],
    ["parameters cannot be given", { "recipe-run": "1", parameters: "p.json" }, /--parameters goes with --input/],
    ["scratch cannot be kept", { "recipe-run": "1", "keep-scratch": true }, /--keep-scratch goes with --input/],
    [
      "a folder of products is needed for a store that is one",
      { input: "l0", output: undefined },
      /--output DIR is mis/,
    ],
  ])("%s", async (_, rest, said) => {
    const error = await target({ input: undefined, ...rest }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "USAGE", message: expect.stringMatching(said) });
  });
});

test("a folder cannot be input and output", async () => {
  await expect(target({ output: `${join(folder, "l0")}/../l0/` })).rejects.toMatchObject({ code: "USAGE" });
});

test("an output that cannot be made is found out at the beginning", async () => {
  await expect(makeOutputFolder(join(folder, "l0/a.fits/out"))).rejects.toMatchObject({ code: "OUTPUT_FOLDER" });
});
