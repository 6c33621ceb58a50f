import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSettings } from "../../src/core/settings.ts";
import { inventoryKeys } from "../../src/scratch/inventory-keys.ts";
import { openInventory } from "../../src/scratch/open-inventory.ts";
import { openRun } from "../../src/workflow/open-run.ts";
import type { RunOptions } from "../../src/workflow/run-options.ts";
import type { RunKey } from "../../src/workflow/run-store.ts";
import { openSqliteRunStore, runStorePath } from "../../src/workflow/sqlite-run-store.ts";

const key: RunKey = { workflow: "w", version: "1", inputKey: "/in", outputKey: "/out" };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-open-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const settingsHere = () => loadSettings({ SCRATCH_BASE_PATH: folder });

async function open(options: Partial<RunOptions> = {}) {
  await using store = await openSqliteRunStore(runStorePath(folder));
  const asked = { inputKey: key.inputKey, outputKey: key.outputKey, inputDigest: "", ...options };
  const { run, resumed } = await openRun(store, key, asked, settingsHere());
  return { id: run.recipeRunId, resumed };
}

/** What another record's run leaves in the inventory: a tag, or as every attempt of ours its fence. */
async function leave(recipeRunId: number, what: "path" | "fences") {
  await using inventory = await openInventory(settingsHere(), { recipeRunId, clientName: "test" });
  await inventory.add([[`${inventoryKeys(recipeRunId, "").path}${what}`, "/a"]]);
  if (what === "fences") await inventory.add([[`${inventoryKeys(recipeRunId, "").fences}Task`, "1"]]);
}

test("a new run gets an id under which no output, scratch folder or inventory holds anything", async () => {
  expect(await open({ takenIds: new Map([[1, "there"]]) })).toEqual({ id: 2, resumed: false });
  await mkdir(join(folder, "3"));
  await leave(4, "path");
  expect(await open({ fresh: true })).toEqual({ id: 5, resumed: false });
});

test("a run of the record goes on, whatever lies in the output", async () => {
  const { id } = await open();
  expect(await open({ takenIds: new Map([[id, "there"]]) })).toEqual({ id, resumed: true });
  expect(await open({ recipeRunId: id, takenIds: new Map([[id, "there"]]) })).toEqual({ id, resumed: true });
});

test("a new id that is named, and that another record's run has used, is refused with the place", async () => {
  await expect(open({ recipeRunId: 7, takenIds: new Map([[7, "the folder /out/X/ABCDEF"]]) })).rejects.toMatchObject({
    code: "RUN_ID_TAKEN",
    message: expect.stringContaining("the folder /out/X/ABCDEF"),
  });
  await leave(8, "fences");
  await expect(open({ recipeRunId: 8 })).rejects.toMatchObject({
    code: "RUN_ID_TAKEN",
    message: expect.stringContaining("the sqlite inventory"),
  });
});

test("a run that only a Python task has worked on may be gone on with by its id", async () => {
  await leave(9, "path");
  expect(await open({ recipeRunId: 9 })).toEqual({ id: 9, resumed: false });
});
