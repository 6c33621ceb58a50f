import { type Inventory, lineOf, type TaggedPath } from "./inventory.ts";
import type { Entry } from "./inventory-driver.ts";

/** The tags that these files carry, whoever gave them. */
export async function tagsAt(inventory: Inventory, paths: readonly string[]): Promise<readonly Entry[]> {
  const tags = await inventory.tagsOf(paths);
  return inventory.entriesOf(paths.flatMap((path, i) => (tags[i] ?? []).map((tag): TaggedPath => [tag, path])));
}

/** Those of the tags that no other task has given to a file that is its own now. */
export async function unclaimed(inventory: Inventory, tags: readonly Entry[]): Promise<readonly Entry[]> {
  const { keys } = inventory;
  const given = await heldByOthers(inventory, [keys.addeds, keys.shareds, keys.inheriteds], tags);
  return tags.filter((_, i) => given[i]?.length === 0);
}

/**
 * Those of the tags that no other task has given to the same file, finding them there. Who has keeps them: they go when it is
 * undone.
 */
export async function unshared(inventory: Inventory, tags: readonly Entry[]): Promise<readonly Entry[]> {
  const { keys, fenced } = inventory;
  const sharers = await heldByOthers(inventory, [keys.shareds, keys.inheriteds], tags);
  const handed = tags.flatMap((entry, i) => {
    const task = sharers[i]?.find((key) => key.startsWith(keys.shareds))?.slice(keys.shareds.length);
    return task === undefined ? [] : [{ task, line: lineOf(entry) }];
  });
  await inventory.add(
    handed.map(({ task, line }): Entry => [keys.inheriteds + task, line]),
    fenced,
  );
  await inventory.remove(
    handed.map(({ task, line }): Entry => [keys.shareds + task, line]),
    fenced,
  );
  return tags.filter((_, i) => sharers[i]?.length === 0);
}

/** For each entry the other tasks' records beginning with these prefixes that name it. */
async function heldByOthers(
  { driver, keys, holdersOf }: Inventory,
  prefixes: readonly string[],
  entries: readonly Entry[],
): Promise<readonly (readonly string[])[]> {
  const own: readonly string[] = [keys.added, keys.shared, keys.inherited];
  const held = entries.map((): string[] => []);
  for (const prefix of entries.length === 0 ? [] : prefixes) {
    // Mostly there are none, and of entries there may be millions.
    if ((await driver.keys(prefix)).every((key) => own.includes(key))) continue;
    const found = await holdersOf(prefix, entries.map(lineOf));
    for (const [i, names] of found.entries()) held[i]?.push(...names.filter((key) => !own.includes(key)));
  }
  return held;
}
