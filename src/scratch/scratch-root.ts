import { stat } from "node:fs/promises";
import type { InventoryDriver } from "./inventory-driver.ts";
import { scratchMoved } from "./scratch-errors.ts";

export interface RootOfRun {
  readonly driver: InventoryDriver;
  readonly recipeRunId: number;
  /** Where the inventory keeps it. */
  readonly key: string;
  /** The folder of the run as the settings name it now: absolute. */
  readonly folder: string;
}

/**
 * The name of the run's folder by which all its paths are told: the one that it had when it was opened first, also where a symbolic link
 * leads there by another. The first name and no real one, for Python tells paths by the name that its settings have.
 *
 * @throws FirstlightError SCRATCH_MOVED where that name leads to another folder now, or nowhere
 */
export async function rootOf({ driver, recipeRunId, key, folder }: RootOfRun): Promise<string> {
  for (;;) {
    const [[root] = []] = await driver.members([key]);
    if (root === folder) return root;
    if (root !== undefined) {
      if (await isSameFolder(root, folder)) return root;
      throw scratchMoved(recipeRunId, root, folder);
    }
    if (await driver.setOnce(key, folder)) return folder;
  }
}

async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => stat(path, { bigint: true }).catch(() => undefined)));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}
