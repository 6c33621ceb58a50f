import { join } from "node:path";
import { expect, test } from "vitest";
import { sqliteMetadataStore } from "../../src/services/drivers/sqlite-metadata-store.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const frames = { type: "observe_frames", document: '[{"bucket": "raw", "object_keys": ["a"]}]' } as const;
const run = { recipeRunId: 7, parts: [frames], configuration: { tile_size: 64 } };

async function withStore(body: (store: ReturnType<typeof sqliteMetadataStore>) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  await using store = sqliteMetadataStore({ path: join(folder.path, "metadata.sqlite") });
  await body(store);
}

test("registering the same again changes nothing", () =>
  withStore(async (store) => {
    await store.register?.(run);
    const { inputDatasetId } = await store.recipeRun(7);
    await store.register?.(run);
    expect((await store.recipeRun(7)).inputDatasetId).toBe(inputDatasetId);
  }));

const otherFrames = { ...frames, document: '[{"bucket": "raw", "object_keys": ["b"]}]' };
test.each([
  ["input", { ...run, parts: [otherFrames] }],
  ["configuration", { ...run, configuration: {} }],
])("registering a run with another %s is a conflict, unless it is to replace", (_, other) =>
  withStore(async (store) => {
    await store.register?.(run);
    await store.setStatus(7, "INPROGRESS");
    await expect(store.register?.(other)).rejects.toMatchObject({
      code: "RECIPE_RUN_CONFLICT",
      fields: { recipeRunId: 7 },
    });
    await store.register?.({ ...other, replace: true });
    expect((await store.recipeRun(7)).configuration).toEqual(other.configuration);
    expect((await store.inputDataset(7)).parts[0]?.document).toBe(other.parts[0]?.document);
    expect((await store.record?.(7))?.status).toBe("INPROGRESS");
  }),
);

test("an input dataset that stays keeps its id when the run's configuration is replaced", () =>
  withStore(async (store) => {
    await store.register?.(run);
    const { inputDatasetId } = await store.recipeRun(7);
    await store.register?.({ ...run, configuration: {}, replace: true });
    expect((await store.recipeRun(7)).inputDatasetId).toBe(inputDatasetId);
  }));

test.each([
  ["a document that cannot be read", { ...run, parts: [{ ...frames, document: "[{}]" }] }],
  ["two parts of one type", { ...run, parts: [frames, frames] }],
])("registering %s is refused, and nothing remains", (_, bad) =>
  withStore(async (store) => {
    await expect(store.register?.(bad)).rejects.toMatchObject({
      code: "INPUT_DATASET_INVALID",
      disposition: "invalid",
    });
    await expect(store.recipeRun(7)).rejects.toMatchObject({ code: "RECIPE_RUN_NOT_FOUND" });
  }),
);

test("a run without a status says so", () =>
  withStore(async (store) => {
    await store.register?.(run);
    expect(await store.record?.(7)).toEqual({ status: undefined, provenances: [] });
  }));
