import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryInventory } from "../../src/scratch/drivers/memory.ts";
import { sqliteInventory } from "../../src/scratch/drivers/sqlite.ts";
import type { InventoryDriver } from "../../src/scratch/inventory-driver.ts";
import { inventoryConformance } from "../../src/testing/conformance/inventory-conformance.ts";
import { redisAt } from "../scratch/each-inventory.ts";
import { describeWithRedis } from "../servers/with-server.ts";

describe("memory", () => {
  const stores = new Map<number, InventoryDriver>();
  inventoryConformance({ describe, test, expect }, async (recipeRunId) => {
    const store = stores.get(recipeRunId) ?? memoryInventory();
    stores.set(recipeRunId, store);
    return store;
  });
});

describe("sqlite", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "firstlight-inventory-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  inventoryConformance({ describe, test, expect }, async (recipeRunId) =>
    sqliteInventory({ path: join(folder, `${recipeRunId}.sqlite`) }),
  );
});

describeWithRedis("redis", (url) => {
  inventoryConformance({ describe, test, expect }, async (recipeRunId) => redisAt(url, recipeRunId));
});
