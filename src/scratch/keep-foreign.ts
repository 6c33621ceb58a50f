import { type AttemptFolders, identityOf } from "./attempt-folders.ts";
import { overLine } from "./file-layers.ts";
import { type Inventory, lineOf } from "./inventory.ts";
import type { Entry } from "./inventory-driver.ts";

/**
 * Keeps a file of another task before this one overwrites or removes it, and tells so. Resolves to those entries that are new; to
 * undefined where the file went meanwhile, or another came in its place: nothing is told then, and it is to be looked at anew.
 *
 * @param audit what is to be told in the same step
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
  const [carried = []] = await inventory.tagsOf([path]);
  const lines = inventory.entriesOf(carried.map((tag) => [tag, path])).map(lineOf);
  const givers = await inventory.holdersOf(keys.added, lines);
  const found = await Promise.all(
    [keys.writeAudits, keys.keeps].map(async (prefix) =>
      ((await inventory.holdersOf(prefix, [path]))[0] ?? []).map((key) => key.slice(prefix.length)),
    ),
  );
  const below = new Set(found.flat());
  below.delete(taskName);
  const told: readonly Entry[] = [
    [keys.kept, path],
    // But for those that this task gave it itself.
    ...lines.filter((_, i) => givers[i]?.includes(keys.added) !== true).map((line): Entry => [keys.keptTags, line]),
    ...[...below].map((task): Entry => [keys.over, overLine(task, path)]),
  ];
  const added = await driver.add([...audit, ...told], fenced);
  // The task whose file it is may be undone just now. It moves the file and looks for this record then.
  if ((await identityOf(path)) === seen) return added;
  await folders.letGo(taskName, path);
  await driver.remove([...told, ...added.filter(([key]) => key === keys.writeAudit)], fenced);
  return undefined;
}
