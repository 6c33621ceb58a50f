import { existsSync } from "node:fs";
import { join } from "node:path";
import { FirstlightError } from "../core/errors.ts";
import { driverOf } from "../core/service-driver.ts";
import type { Settings } from "../core/settings.ts";
import { inventoryKeys } from "../scratch/inventory-keys.ts";
import { inventoryPath, openInventory } from "../scratch/open-inventory.ts";
import type { RunOptions } from "./run-options.ts";
import type { OpenedRun, RunKey, RunStore } from "./run-store.ts";

/**
 * The run that the options ask for: one of the record, or a new one under an id whose scratch, inventory and products belong to
 * nobody. A record of runs may be younger than what its runs share, so that its own ids say little.
 *
 * @throws FirstlightError RUN_ID_TAKEN when the options name a new id that is not free; RUN_EXISTS, RUN_MISMATCH
 */
export async function openRun(
  store: RunStore,
  key: RunKey,
  options: RunOptions,
  settings: Settings,
): Promise<OpenedRun> {
  if ((await store.findRun(key, options)) !== undefined) return await store.openRun(key, options);
  const outputs = options.takenIds ?? new Map<number, string>();
  if (options.recipeRunId !== undefined) {
    const where = outputs.get(options.recipeRunId) ?? (await claimOn(settings, options.recipeRunId, options.signal));
    if (where !== undefined) throw idTaken(options.recipeRunId, where);
    return await store.openRun(key, options);
  }
  const known = (await store.runs()).map(({ recipeRunId }) => recipeRunId);
  let recipeRunId = Math.max(0, ...known, ...outputs.keys()) + 1;
  while (await isUsed(settings, recipeRunId, options.signal)) recipeRunId += 1;
  return await store.openRun(key, { ...options, leastId: recipeRunId });
}

/** Whether anybody left anything under this id. */
async function isUsed(settings: Settings, recipeRunId: number, signal: AbortSignal | undefined): Promise<boolean> {
  return (
    existsSync(join(settings.scratchBasePath, String(recipeRunId))) ||
    (await keysOf(settings, recipeRunId, signal)).length > 0
  );
}

/** Where another record's run of this id is at work. A run that only Python has worked on may be gone on with. */
async function claimOn(
  settings: Settings,
  recipeRunId: number,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { fences } = inventoryKeys(recipeRunId, "");
  const isOurs = (await keysOf(settings, recipeRunId, signal)).some((key) => key.startsWith(fences));
  return isOurs ? `the ${driverOf(settings, "inventory").driver} inventory` : undefined;
}

async function keysOf(
  settings: Settings,
  recipeRunId: number,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const { driver } = driverOf(settings, "inventory");
  if (driver === "memory") return [];
  // Opening would make it.
  if (driver === "sqlite" && !existsSync(inventoryPath(settings.scratchBasePath, recipeRunId))) return [];
  await using inventory = await openInventory(settings, { recipeRunId, clientName: "run", signal });
  return await inventory.keys(inventoryKeys(recipeRunId, "").run);
}

function idTaken(recipeRunId: number, where: string): FirstlightError {
  return new FirstlightError(
    "RUN_ID_TAKEN",
    `Recipe run ${recipeRunId} is not in this record of runs, yet ${where} holds what a run of this id made. Leave --recipe-run out to get a free id, or take the older run's files away first.`,
    { disposition: "invalid", fields: { recipeRunId, where } },
  );
}
