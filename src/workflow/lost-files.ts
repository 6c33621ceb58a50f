import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Settings } from "../core/settings.ts";
import { inventoryKeys } from "../scratch/inventory-keys.ts";
import { openInventory } from "../scratch/open-inventory.ts";

/**
 * For each task the files, by their paths in scratch, that it wrote and that carry tags still but are not there: somebody removed
 * them, or a disk lost them. Whoever looks for them would find them in the inventory and fail.
 */
export async function lostFiles(
  settings: Settings,
  recipeRunId: number,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const folder = join(settings.scratchBasePath, String(recipeRunId));
  const keys = inventoryKeys(recipeRunId, "");
  await using inventory = await openInventory(settings, { recipeRunId, clientName: "plan", signal });
  const tagged = new Set((await inventory.members(await inventory.keys(keys.path))).flat());
  // One listing: asking for each file by itself takes a second for every few ten thousand.
  for (const name of await readdir(folder, { recursive: true })) tagged.delete(join(folder, name));
  // A base path that is spelt in another way now, through a link, still leads there.
  for (const path of tagged) if (existsSync(path)) tagged.delete(path);
  if (tagged.size === 0) return new Map();
  const audits = await inventory.keys(keys.writeAudits);
  const written = await inventory.members(audits);
  return new Map(
    audits.flatMap((key, index) => {
      const lost = (written[index] ?? []).filter((path) => tagged.has(path)).sort();
      return lost.length === 0 ? [] : [[key.slice(keys.writeAudits.length), lost] as const];
    }),
  );
}
