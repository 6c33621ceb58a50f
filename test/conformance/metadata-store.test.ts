import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { sqliteMetadataStore } from "../../src/services/drivers/sqlite-metadata-store.ts";
import { metadataStoreConformance } from "../../src/testing/conformance/metadata-store-conformance.ts";
import { serveMetadata } from "../../src/testing/serve-metadata.ts";
import { graphqlStoreAt } from "../services/graphql-store-at.ts";

const folder = await mkdtemp(join(tmpdir(), "firstlight-metadata-"));
afterAll(() => rm(folder, { recursive: true }));
const open = async () => sqliteMetadataStore({ path: join(folder, "metadata.sqlite") });

describe("sqlite metadata store", () => {
  metadataStoreConformance(
    { describe, test, expect },
    {
      open,
      register: async (run) => {
        await using store = await open();
        await store.register?.(run);
      },
    },
  );
});

describe("graphql metadata store", () => {
  const store = sqliteMetadataStore({ path: join(folder, "served.sqlite") });
  const serving = serveMetadata({ store });
  afterAll(async () => {
    await (await serving)[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });
  metadataStoreConformance(
    { describe, test, expect },
    { open: async () => graphqlStoreAt((await serving).url), register: (run) => store.register(run) },
  );

  test("leaves in the store that is served what it was told", async () => {
    await store.register({ recipeRunId: 7, parts: [] });
    const record = {
      recipeRunId: 7,
      inputDatasetId: 1,
      isTaskManual: true,
      taskName: "Grüße ☉",
      libraryVersions: { firstlight: "0.1.0", 'o"dd\\\n': "\u{1f31e}" },
      workflowVersion: "1.0.0",
    };
    await using client = graphqlStoreAt((await serving).url);
    await client.setStatus(7, "INPROGRESS");
    await client.setStatus(7, "TRIALSUCCESS");
    await client.recordProvenance(record);
    await client.createReceiptAccount("DATASET-7", 5);
    await client.createReceiptAccount("DATASET-7", 6);
    expect(await store.record(7)).toEqual({ status: "TRIALSUCCESS", provenances: [record] });
    expect(await store.expectedObjectCount("DATASET-7")).toBe(6);
  });
});
