import type { AttemptFolders } from "./attempt-folders.ts";
import { fileFates } from "./file-fates.ts";
import { removeUnclaimed, tagsAt } from "./given-tags.ts";
import type { Inventory } from "./inventory.ts";

/**
 * For a file that a task has written or replaced, and is about to replace: true if what is there is its own. Otherwise another
 * has written over it, and the task's part in what that one found there is undone first: it comes anew above it.
 */
export async function withdrawLayer(inventory: Inventory, folders: AttemptFolders, path: string): Promise<boolean> {
  const { driver, keys, fenced } = inventory;
  const isKeeper = await inventory.holds(keys.kept, path);
  const isBorn = await inventory.holds(keys.born, path);
  const fates = await fileFates(inventory, folders, {
    written: [path],
    kept: isKeeper ? [path] : [],
    born: isBorn ? [path] : [],
  });
  if (fates.isOwn(path)) return true;
  await fates.forgetTags();
  const kept = await folders.keptFiles();
  if (isKeeper && (await kept.has(path))) await fates.handOver(kept, path);
  await fates.forget();
  await removeUnclaimed(inventory, await tagsAt(inventory, fates.left));
  const records = [keys.over, keys.keptTags];
  const sets = await driver.members(records);
  const lines = records.flatMap((key, i) =>
    (sets[i] ?? []).filter((line) => line.endsWith(`\n${path}`)).map((line) => [key, line] as const),
  );
  await inventory.remove([[keys.born, path], ...lines], fenced);
  return false;
}
