import type { InventoryDriver } from "./inventory-driver.ts";
import { inventoryKeys } from "./inventory-keys.ts";

/**
 * Makes this attempt the newest of its task: from now on what earlier ones still try to write is refused with
 * `ATTEMPT_FENCED`. The number goes to `openScratch` as its token. The inventory counts it, and not the run store with its
 * numbers of attempts: every attempt has an inventory, but one that a person starts by hand is in no run store.
 */
export function raiseFence(driver: InventoryDriver, recipeRunId: number, taskName: string): Promise<number> {
  return driver.increment(inventoryKeys(recipeRunId, taskName).fence);
}
