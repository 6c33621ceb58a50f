import { existsSync } from "node:fs";
import { join } from "node:path";
import { driverOf } from "../core/service-driver.ts";
import type { Settings } from "../core/settings.ts";

/**
 * Whether nothing can be found any more of what a run that goes on left in scratch: it was torn down, somebody removed its folder, or
 * the memory that knew its files ended with its process.
 */
export function isScratchGone(settings: Settings, recipeRunId: number): boolean {
  return isInventoryGone(settings) || !existsSync(join(settings.scratchBasePath, String(recipeRunId)));
}

/** Whether only files can be left of what a run that goes on left in scratch. */
export function isInventoryGone(settings: Settings): boolean {
  return driverOf(settings, "inventory").driver === "memory";
}
