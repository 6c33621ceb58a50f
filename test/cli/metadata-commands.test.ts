import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { sqliteMetadataStore } from "../../src/services/drivers/sqlite-metadata-store.ts";
import { graphqlStoreAt } from "../services/graphql-store-at.ts";
import { type Cli, openCli, type RunningCli } from "./cli-process.ts";
import { expectDocumented } from "./json-documents.ts";

const token = "token-of-this-test";

let cli: Cli;
beforeEach(async () => {
  cli = await openCli();
  await using store = sqliteMetadataStore({ path: join(cli.folder, "scratch/.firstlight/metadata.sqlite") });
  const document = '[{"bucket": "raw", "object_keys": ["a.fits"]}]';
  await store.register({ recipeRunId: 3, parts: [{ type: "observe_frames", document }] });
  await store.register({ recipeRunId: 4, parts: [], configuration: { tile_size: 64 } });
  await store.setStatus(3, "INPROGRESS");
  await store.recordProvenance({
    recipeRunId: 3,
    inputDatasetId: 1,
    isTaskManual: true,
    taskName: "MakeDark",
    libraryVersions: { zod: "4" },
    workflowVersion: "1.2",
  });
});
afterEach(() => cli[Symbol.asyncDispose]());

/** Starts `metadata serve`, and resolves to what it printed once it listens. */
async function served(running: RunningCli) {
  const document = JSON.parse(await running.prints("}\n}"));
  return document as { url: string; meshConfig: object; port: number; records: string };
}

test("serves the records of scratch until it is stopped, to whoever has the token", { timeout: 240_000 }, async () => {
  const env = { GQL_AUTH_TOKEN: token, MESH_CONFIG: '{"internal-api-gateway":{"mesh_address":"x","mesh_port":1}}' };
  const running = cli.start(["metadata", "serve", "--port", "0", "--json"], env);
  const { url, meshConfig, port } = await served(running);

  const page = await (await fetch(new URL("/", url), { headers: { Accept: "text/html" } })).text();
  await using client = graphqlStoreAt(url, { authToken: new Secret(token) });
  const run = await client.recipeRun(3);
  await client.setStatus(4, "COMPLETEDSUCCESSFULLY");
  await using stranger = graphqlStoreAt(url);
  await expect(stranger.recipeRun(3)).rejects.toMatchObject({ code: "METADATA_STORE_ACCESS_REFUSED" });
  const elsewhere = { MESH_CONFIG: JSON.stringify(meshConfig), GQL_AUTH_TOKEN: token };
  const shown = await cli.run(["metadata", "show", "3", "--json"], elsewhere);
  const refused = await cli.run(["metadata", "list"], elsewhere);
  const taken = await cli.run(["metadata", "serve", "--port", String(port)]);
  running.kill("SIGINT");
  const end = await running.end;

  expect(run.provenances).toEqual([{ recipeRunProvenanceId: 1, isTaskManual: true }]);
  expect(page).toContain("<title>Metadata store</title>");
  expect(await expectDocumented("metadata show", shown.stdout)).toMatchObject({
    driver: "graphql",
    run: { recipeRunId: 3, recipeInstanceId: 3 },
    inputDataset: { parts: [{ type: "observe_frames" }] },
    record: null,
  });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("metadata show RUN") });
  expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining("EADDRINUSE") });
  expect(end.code, end.stderr).toBe(0);
  await expectDocumented("metadata serve", end.stdout);
  expect([end, shown].map(({ stdout, stderr }) => stdout + stderr).join("")).not.toContain(token);
  const { stdout } = await cli.run(["metadata", "list"]);
  expect(stdout.split("\n").map((line) => line.trim().split(/ {2,}/))).toEqual([
    ["Run", "Status", "Input dataset", "Parts", "Provenance records"],
    ["3", "INPROGRESS", "1", "observe_frames", "1"],
    ["4", "COMPLETEDSUCCESSFULLY", "2", "none", "0"],
    [""],
  ]);
});

test("lists and shows what is registered on this machine", { timeout: 240_000 }, async () => {
  const list = await cli.run(["metadata", "list", "--json"]);
  const shown = await cli.run(["metadata", "show", "3"]);
  const document = await cli.run(["metadata", "show", "4", "--json"]);
  expect((await expectDocumented("metadata list", list.stdout)).runs).toMatchObject([
    { recipeRunId: 3, status: "INPROGRESS" },
    { recipeRunId: 4, status: null },
  ]);
  expect(shown.stdout).toMatch(/INPROGRESS.*observe_frames {2}part 1, 46 B.*1 {2}MakeDark 1\.2 {2}by hand/s);
  expect(await expectDocumented("metadata show", document.stdout)).toMatchObject({
    driver: "sqlite",
    record: { provenances: [] },
  });
});

test("what cannot be done is refused with a reason", { timeout: 240_000 }, async () => {
  const cases = [
    [["serve", "--port", "65536"], 2, "--port takes a whole number from 0 to 65535; '65536' is none."],
    [["serve", "--port", "0", "--host", "nowhere.invalid"], 2, "nowhere.invalid"],
    [["show", "9"], 1, "knows no recipe run 9"],
  ] as const;
  for (const [args, code, reason] of cases) {
    expect(await cli.run(["metadata", ...args])).toMatchObject({ code, stderr: expect.stringContaining(reason) });
  }
});
