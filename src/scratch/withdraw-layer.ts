import type { AttemptFolders } from "./attempt-folders.ts";
import { historiesOf } from "./change-tags.ts";
import { fileFates } from "./file-fates.ts";
import { formatHistory, handsOf, parseHistory, withMaker } from "./file-history.ts";
import type { Inventory } from "./inventory.ts";
import type { EntryChange } from "./inventory-driver.ts";

/**
 * For a file that a task has written or replaced, and is about to replace: true if what is there is its own. Otherwise another
 * has written over it, and the task's part in what that one found there is undone first: it comes anew above it.
 */
export async function withdrawLayer(inventory: Inventory, folders: AttemptFolders, path: string): Promise<boolean> {
  const isKeeper = await inventory.holds(inventory.keys.kept, path);
  const fates = await fileFates(inventory, folders, { written: [path], kept: isKeeper ? [path] : [] });
  if (fates.isOwn(path)) return true;
  if (!isKeeper) await keepTags(inventory, path);
  const kept = await folders.keptFiles();
  if (isKeeper && (await kept.has(path))) await fates.handOver(kept, path);
  await fates.forget();
  return false;
}

/** The tags that it gave the file as it made it stay its own, though it is no longer the one who made the file. */
async function keepTags(inventory: Inventory, path: string): Promise<void> {
  const { driver, keys, fenced, taskName } = inventory;
  for (;;) {
    const [text] = await historiesOf(inventory, [path]);
    const history = text === undefined ? undefined : parseHistory(text);
    if (history?.base === undefined || handsOf(history, taskName).length > 0) return;
    const [present = []] = await inventory.tagsOf([path]);
    const entries: EntryChange[] = [{ entry: [keys.touched, path], to: true }];
    const to = formatHistory(withMaker(history, taskName, present));
    const records = [{ key: keys.history, field: path, from: text, to }];
    if ((await driver.exchange({ entries, records }, fenced)).isDone) return;
  }
}
