import { existsSync } from "node:fs";
import { join } from "node:path";
import { FirstlightError } from "../core/errors.ts";
import { driverOf } from "../core/service-driver.ts";
import type { Settings } from "../core/settings.ts";
import type { InventoryDriver } from "../scratch/inventory-driver.ts";
import { inventoryKeys } from "../scratch/inventory-keys.ts";
import { inventoryPath, openInventory } from "../scratch/open-inventory.ts";
import type { RunEvent } from "./run-event.ts";

/**
 * Whether nothing can be found any more of what a run that goes on left in scratch: it was torn down, somebody removed its folder
 * or its inventory, a server forgot it, or the memory that knew its files ended with its process. Without this, tasks would
 * look for files, find none, and count as done.
 *
 * @throws FirstlightError PLAN_INVENTORY_CHANGED when the settings name another inventory than the one that knows the files
 */
export async function isScratchGone(
  settings: Settings,
  recipeRunId: number,
  events: readonly RunEvent[],
  signal?: AbortSignal,
): Promise<boolean> {
  if (!existsSync(join(settings.scratchBasePath, String(recipeRunId)))) return true;
  if (!events.some(({ type }) => type === "task-started")) return false;
  const { driver } = driverOf(settings, "inventory");
  const before = events.findLast((event) => event.type === "run-started")?.drivers;
  const earlier = before?.find(({ service }) => service === "inventory")?.driver;
  if (driver === "memory" || earlier === "memory") return true;
  if (earlier !== undefined && earlier !== driver) throw inventoryChanged(recipeRunId, earlier, driver);
  if (driver === "sqlite" && !existsSync(inventoryPath(settings.scratchBasePath, recipeRunId))) return true;
  await using inventory = await openInventory(settings, { recipeRunId, clientName: "plan", signal });
  // Keys alone tell nothing: a server that lost its memory in the middle of the run knows what came after.
  const [begun = []] = await inventory.members([inventoryKeys(recipeRunId, "").begun]);
  return begun.length === 0;
}

/**
 * Enters the run in its inventory, by which `isScratchGone` knows later that it is the one that the run began with. `inventory`
 * stands in for the one that the settings name, and stays open.
 */
export async function enterRun(
  settings: Settings,
  recipeRunId: number,
  inventory: InventoryDriver | undefined,
  signal: AbortSignal,
): Promise<void> {
  await using opened =
    inventory === undefined ? await openInventory(settings, { recipeRunId, clientName: "run", signal }) : undefined;
  await (inventory ?? opened)?.add([[inventoryKeys(recipeRunId, "").begun, String(recipeRunId)]]);
}

function inventoryChanged(recipeRunId: number, earlier: string, driver: string): FirstlightError {
  return new FirstlightError(
    "PLAN_INVENTORY_CHANGED",
    `Recipe run ${recipeRunId} keeps its tags and constants in ${earlier}, and the settings name ${driver} now, which knows none of its files. Go on with INVENTORY_DRIVER=${earlier} and its address, or begin anew with --fresh.`,
    { disposition: "invalid", fields: { recipeRunId, earlier, driver } },
  );
}
