import { type Inventory, lineOf, type TaggedPath } from "./inventory.ts";
import type { Entry, WriteOptions } from "./inventory-driver.ts";

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

/** Takes those of the tags away that no other task has given to a file that is its own now. */
export async function removeUnclaimed(inventory: Inventory, tags: readonly Entry[]): Promise<void> {
  const going = await unclaimed(inventory, tags);
  await inventory.remove(going, inventory.fenced);
  await giveBackClaimed(inventory, going);
}

/** Gives those of the tags back that others have given: they noted it, and the tags were taken in the same moment. */
export async function giveBackClaimed(inventory: Inventory, taken: readonly Entry[]): Promise<void> {
  const free = new Set(await unclaimed(inventory, taken));
  await inventory.add(
    taken.filter((entry) => !free.has(entry)),
    inventory.fenced,
  );
}

/**
 * Takes tags away that this task gave to files of others, but for those that another has given to the same file, finding them there:
 * it keeps them, and they go when it is undone.
 */
export async function withdrawTags(inventory: Inventory, tags: readonly Entry[], options: WriteOptions): Promise<void> {
  const sharers = await sharersOf(inventory, tags);
  await handOn(inventory, tags, sharers);
  const going = tags.filter((_, i) => sharers[i]?.length === 0);
  await inventory.remove(going, options);
  // Who gave one of them between the look and the removal had noted it first.
  const late = await sharersOf(inventory, going);
  await handOn(inventory, going, late);
  await inventory.add(
    going.filter((_, i) => late[i]?.length !== 0),
    inventory.fenced,
  );
}

/** For each tag the records of other tasks that gave it to the same file, finding it there. */
function sharersOf(inventory: Inventory, tags: readonly Entry[]): Promise<readonly (readonly string[])[]> {
  return heldByOthers(inventory, [inventory.keys.shareds, inventory.keys.inheriteds], tags);
}

/** Makes one of those who share a tag the one with whom it goes. */
async function handOn(
  inventory: Inventory,
  tags: readonly Entry[],
  sharers: readonly (readonly string[])[],
): Promise<void> {
  const { keys, fenced } = inventory;
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
