import type { Settings } from "../core/settings.ts";
import { raiseFence } from "../scratch/fence.ts";
import type { InventoryDriver } from "../scratch/inventory-driver.ts";
import { openInventory } from "../scratch/open-inventory.ts";
import { openScratch } from "../scratch/scratch.ts";
import type { RunContext } from "./run-context.ts";

/**
 * Undoes what tasks left in scratch that the workflow has no longer, so that nobody finds their files or stumbles over them, and
 * takes them out of the record. `inventory` stands in for the one that the settings name, and stays open.
 */
export async function rollBackRemoved(
  { plan, lease, recorder, stop }: RunContext,
  settings: Settings,
  inventory: InventoryDriver | undefined,
): Promise<void> {
  const { removed = [] } = plan;
  if (removed.length === 0) return;
  const { recipeRunId } = lease;
  await using opened =
    inventory === undefined
      ? await openInventory(settings, { recipeRunId, clientName: plan.workflow, signal: stop })
      : undefined;
  const driver = inventory ?? opened;
  if (driver === undefined) return;
  for (const task of removed) {
    if (stop.aborted) return;
    const token = await raiseFence(driver, recipeRunId, task);
    await using scratch = await openScratch({
      basePath: settings.scratchBasePath,
      recipeRunId,
      taskName: task,
      driver,
      token,
    });
    await scratch.rollback();
    await recorder.record({ removed: [task] }, { type: "task-rolled-back", task });
  }
}
