import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fsObjectStore } from "../../src/services/drivers/fs/fs-object-store.ts";
import { objectStoreConformance } from "../../src/testing/conformance/object-store-conformance.ts";

const root = await mkdtemp(join(tmpdir(), "firstlight-objects-"));
afterAll(() => rm(root, { recursive: true }));

describe("fs object store", () => {
  objectStoreConformance(
    { describe, test, expect },
    async () => fsObjectStore({ root }),
    "data",
    async (key) => {
      await mkdir(join(root, "data", key), { recursive: true });
    },
  );
});
