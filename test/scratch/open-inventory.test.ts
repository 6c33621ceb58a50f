import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadSettings } from "../../src/core/settings.ts";
import { openInventory } from "../../src/scratch/open-inventory.ts";

const use = { recipeRunId: 3, clientName: "test" };

test("without any setting a run's inventory is a file beside its folder", async () => {
  const basePath = await mkdtemp(join(tmpdir(), "firstlight-inventory-"));
  onTestFinished(() => rm(basePath, { recursive: true }));
  await using driver = await openInventory(loadSettings({ SCRATCH_BASE_PATH: basePath }), use);
  expect(driver.name).toBe("sqlite");
  await driver.add([["3:path:A", "x"]]);
  expect(existsSync(join(basePath, ".firstlight/inventory/3.sqlite"))).toBe(true);
});

test("the settings name the driver", async () => {
  await using memory = await openInventory(loadSettings({ INVENTORY_DRIVER: "memory" }), use);
  expect(memory.name).toBe("memory");
  const mesh = { "automated-processing-scratch-inventory": { mesh_address: "redis.invalid", mesh_port: 6379 } };
  await using redis = await openInventory(loadSettings({ MESH_CONFIG: JSON.stringify(mesh) }), use);
  expect(redis.name).toBe("redis");
});
