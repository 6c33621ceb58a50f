import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { sqliteMetadataStore } from "../../src/services/drivers/sqlite-metadata-store.ts";
import { metadataStoreConformance } from "../../src/testing/conformance/metadata-store-conformance.ts";

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
