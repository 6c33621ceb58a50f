import { type AttemptFolders, identityOf } from "./attempt-folders.ts";
import { historiesOf } from "./change-tags.ts";
import {
  formatHistory,
  handsOf,
  isKnown,
  noHistory,
  parseHistory,
  type Step,
  withHand,
  withHandsBack,
} from "./file-history.ts";
import { layerOver } from "./file-layers.ts";
import type { Inventory } from "./inventory.ts";
import type { Entry, EntryChange } from "./inventory-driver.ts";

/**
 * Keeps a file of another task before this one overwrites or removes it, and tells so. Resolves to those entries that are new; to
 * undefined where the file went meanwhile, or another came in its place: nothing is told then, and it is to be looked at anew.
 *
 * @param audit what is to be told in the same step: of a file that is to come, or nothing
 */
export async function keepForeign(
  inventory: Inventory,
  folders: AttemptFolders,
  path: string,
  audit: readonly Entry[],
): Promise<readonly Entry[] | undefined> {
  const { driver, keys, fenced, taskName } = inventory;
  const seen = await identityOf(path);
  // The file is kept first: where a record says that the task kept one and none is there, it has been let go.
  if (seen === undefined || !(await folders.keep(path))) return undefined;
  const told = await layerOver(inventory, path);
  const { changed, before } = await layHand(inventory, path, [...audit, ...told], {
    isToCome: audit.length > 0,
  });
  // The task whose file it is may be undone just now. It moves the file and looks for this record then.
  if ((await identityOf(path)) === seen) return changed;
  await folders.letGo(taskName, path);
  await takeHandBack(inventory, path, before);
  await driver.remove([...told, ...changed.filter(([key]) => key === keys.writeAudit)], fenced);
  return undefined;
}

/**
 * Puts into the file's history that the task lays hands on it, and tells what belongs to that in the same step. Who made the file lays
 * none on his own.
 */
export async function layHand(
  inventory: Inventory,
  path: string,
  told: readonly Entry[],
  { isToCome, isOwn = false }: { readonly isToCome: boolean; readonly isOwn?: boolean },
): Promise<{ readonly changed: readonly Entry[]; readonly before: readonly Step[] }> {
  const { driver, keys, fenced, taskName } = inventory;
  for (;;) {
    const [text] = await historiesOf(inventory, [path]);
    const history = text === undefined ? noHistory : parseHistory(text);
    const before = handsOf(history, taskName);
    const entries: EntryChange[] = told.map((entry) => ({ entry, to: true }));
    let to = text;
    if (!isOwn || before.length > 0) {
      const [present = []] = await inventory.tagsOf([path]);
      const found = present.filter((tag) => !isKnown(history, tag));
      for (const tag of found) entries.push({ entry: [keys.path + tag, path], from: true });
      entries.push({ entry: [keys.touched, path], to: true });
      to = formatHistory(withHand(history, taskName, found, isToCome));
    }
    const records = [{ key: keys.history, field: path, from: text, to }];
    const done = await driver.exchange({ entries, records }, fenced);
    if (done.isDone) return { changed: done.changed, before };
  }
}

async function takeHandBack(inventory: Inventory, path: string, before: readonly Step[]): Promise<void> {
  const { driver, keys, fenced, taskName } = inventory;
  for (;;) {
    const [text] = await historiesOf(inventory, [path]);
    if (text === undefined) return;
    const to = formatHistory(withHandsBack(parseHistory(text), taskName, before));
    const records = [{ key: keys.history, field: path, from: text, to }];
    if ((await driver.exchange({ entries: [], records }, fenced)).isDone) return;
  }
}
