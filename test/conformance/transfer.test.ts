import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fsObjectStore } from "../../src/services/drivers/fs/fs-object-store.ts";
import { fsTransfer } from "../../src/services/drivers/fs/fs-transfer.ts";
import { objectStoreTransfer } from "../../src/services/drivers/object-store-transfer.ts";
import { transferConformance } from "../../src/testing/conformance/transfer-conformance.ts";
import { globusWorld } from "../services/globus-world.ts";

const root = await mkdtemp(join(tmpdir(), "firstlight-objects-"));
afterAll(() => rm(root, { recursive: true }));

describe("fs transfer", () => {
  transferConformance(
    { describe, test, expect },
    { openTransfer: async () => fsTransfer({ root }), openStore: async () => fsObjectStore({ root }) },
    "data",
  );
});

describe("globus transfer", async () => {
  const world = await globusWorld();
  afterAll(() => world[Symbol.asyncDispose]());
  transferConformance(
    { describe, test, expect },
    {
      openTransfer: async () => world.open({ scratchPath: tmpdir() }),
      openStore: async () => fsObjectStore({ root: world.objects }),
      storeKnowsNoHash: true,
    },
    "data",
  );
});

describe("transfer over an object store", () => {
  transferConformance(
    { describe, test, expect },
    {
      openTransfer: async () => objectStoreTransfer({ store: fsObjectStore({ root }), parallel: 2 }),
      openStore: async () => fsObjectStore({ root }),
    },
    "data",
  );
});
