import { join } from "node:path";
import type { Logger } from "../core/log.ts";
import { driverOf, meshAddressOf } from "../core/service-driver.ts";
import type { Settings } from "../core/settings.ts";
import { memoryInventory } from "./drivers/memory.ts";
import { redisInventory } from "./drivers/redis.ts";
import { sqliteInventory } from "./drivers/sqlite.ts";
import type { InventoryDriver } from "./inventory-driver.ts";

/** For which run, and for whom. */
export interface InventoryUse {
  readonly recipeRunId: number;
  /** Shown in Redis's list of clients. */
  readonly clientName: string;
  /** Ends the wait for a server that does not answer, and no connection that is there. */
  readonly signal?: AbortSignal | undefined;
  /** Is told what a server does not do that others do. */
  readonly log?: Logger | undefined;
}

/**
 * The inventory that the settings name. A `memory` one is new and empty at every call: who runs several tasks of a run opens
 * it once and hands it to all of them.
 */
export async function openInventory(
  settings: Settings,
  { recipeRunId, clientName, signal, log }: InventoryUse,
): Promise<InventoryDriver> {
  const { driver } = driverOf(settings, "inventory");
  if (driver === "memory") return memoryInventory();
  if (driver === "sqlite") return sqliteInventory({ path: inventoryPath(settings.scratchBasePath, recipeRunId) });
  const { host, port } = meshAddressOf(settings, "inventory") ?? { host: "localhost", port: 6379 };
  return redisInventory({
    host,
    port,
    recipeRunId,
    dbCount: settings.scratchInventoryDbCount,
    clientName,
    signal,
    log,
  });
}

/** Beside the folder of the run, not in it: a purge empties the file, which other processes may hold open. */
export function inventoryPath(basePath: string, recipeRunId: number): string {
  return join(basePath, ".firstlight", "inventory", `${recipeRunId}.sqlite`);
}
