import { sep } from "node:path";
import { temporariesOf } from "../core/file.ts";
import type { AttemptFolders } from "./attempt-folders.ts";
import { fileFates } from "./file-fates.ts";
import { removeUnclaimed, tagsAt, withdrawTags } from "./given-tags.ts";
import { entryOf, type Inventory } from "./inventory.ts";
import type { Entry } from "./inventory-driver.ts";
import { exists } from "./scratch-paths.ts";
import { undoMade, undoReplaced } from "./undo-files.ts";

/**
 * Undoes what the audits and the journal of one task tell. Every step may be done twice, and the record of what is to be done
 * goes last: killed anywhere, it begins again and comes to the same end.
 */
export async function rollBack(inventory: Inventory, folders: AttemptFolders, folder: string): Promise<void> {
  const { driver, keys, fenced, journaled } = inventory;
  // Refuses an attempt that woke up late, before it takes anything from the one that runs now.
  await driver.add([], fenced);
  const kept = await folders.takeOver();
  const records = [
    keys.writeAudit,
    keys.tagAudit,
    keys.constantAudit,
    keys.audited,
    keys.added,
    keys.kept,
    keys.born,
    keys.inherited,
  ];
  const [written = [], newTags = [], set = [], audited = [], added = [], keptPaths = [], born = [], inherited = []] =
    await driver.members(records);

  const isInside = (path: string): boolean => path.startsWith(folder + sep);
  const own = new Set(audited);
  const changes = sortChanges(inventory, added.map(entryOf));
  await kept.giveBackTaken([...written, ...keptPaths].filter(isInside));
  const newborn: string[] = [];
  for (const path of born) if (await kept.has(path)) newborn.push(path);
  const files = { written, kept: keptPaths, born: newborn, given: added };
  const fates = await fileFates(inventory, folders, files);

  await fates.forgetTags();
  await removeUnclaimed(inventory, await tagsAt(inventory, fates.left));
  await withdrawTags(inventory, changes.tags, journaled);
  await withdrawTags(inventory, inherited.map(entryOf), fenced);
  // Python's audit knows only which tags were new, not on which files.
  const tagsOfPython = newTags.filter((tag) => !own.has(`${keys.tagAudit}\n${tag}`)).map((tag) => keys.path + tag);
  const constantsOfPython = set.filter((name) => !own.has(`${keys.constantAudit}\n${name}`));
  await driver.drop([...tagsOfPython, ...constantsOfPython.map((name) => keys.constant + name)], fenced);
  // With their lines in the journal, so that what another task sets when this is killed is not taken from it the second time.
  await inventory.remove(changes.constants, journaled);

  const undo = { inventory, folders, isInside };
  await undoMade(undo, fates.gone);
  // What a transfer that was killed left beside the files it was to bring.
  for (const path of await temporariesOf(written.filter(isInside))) await folders.discard(path);
  await undoReplaced(undo, kept, files);
  // Of the files that others had overwritten when it began.
  const replaced = new Set(keptPaths);
  const others = written.filter((path) => !replaced.has(path) && !fates.isOwn(path));
  await (await fileFates(inventory, folders, { written: others, kept: [], born: [] })).forget();

  const [removed = [], keptTags = []] = await driver.members([keys.removed, keys.keptTags]);
  const lost = await lostTags(inventory, keptTags.map(entryOf));
  await inventory.add(await ofFilesThatExist(removed.map(entryOf)), journaled);
  await inventory.add(await ofFilesThatExist(lost), fenced);

  await lowerCounters(inventory, changes.numbers);
  // With them go the messages of an attempt that is as if it had never been.
  await driver.drop([...records, keys.removed, keys.keptTags, keys.over, keys.shared, keys.outbox], fenced);
  await kept.clear();
  inventory.forget();
}

interface Changes {
  readonly tags: readonly Entry[];
  readonly constants: readonly Entry[];
  /** Counter's key → numbers that the task drew. */
  readonly numbers: ReadonlyMap<string, ReadonlySet<number>>;
}

function sortChanges({ keys }: Inventory, added: readonly Entry[]): Changes {
  const numbers = new Map<string, Set<number>>();
  for (const [key, number] of added.filter(([name]) => name.startsWith(keys.counter))) {
    numbers.set(key, (numbers.get(key) ?? new Set()).add(Number(number)));
  }
  return {
    tags: added.filter(([key]) => key.startsWith(keys.path)),
    constants: added.filter(([key]) => key.startsWith(keys.constant)),
    numbers,
  };
}

/**
 * The tags that overwritten files of other tasks had, for those files that have none at all now: Python's rollback removes a file
 * that it finds in the audit with all its tags, whoever gave them.
 */
async function lostTags(inventory: Inventory, entries: readonly Entry[]): Promise<readonly Entry[]> {
  const paths = [...new Set(entries.map(([, path]) => path))];
  const tags = await inventory.tagsOf(paths);
  const bare = new Set(paths.filter((_, i) => tags[i]?.length === 0));
  return entries.filter(([, path]) => bare.has(path));
}

/** Python's purge takes the files and leaves our records of them. */
async function ofFilesThatExist(entries: readonly Entry[]): Promise<readonly Entry[]> {
  const existing = new Set<string>();
  for (const path of new Set(entries.map(([, one]) => one))) if (await exists(path)) existing.add(path);
  return entries.filter(([, path]) => existing.has(path));
}

/**
 * Gives back numbers from the top, as far as they were this task's, so that names come out the same the next time. In one step with
 * the look at the counter: a number that another task draws meanwhile stays drawn.
 */
async function lowerCounters({ driver, fenced, journaled }: Inventory, numbers: Changes["numbers"]): Promise<void> {
  for (const [key, given] of numbers) {
    const drawn = new Set(given);
    // Read so that a counter which is gone is not made anew.
    let now = await driver.increment(key, 0, { ...fenced, expected: 0 });
    for (;;) {
      let free = now;
      while (drawn.has(free) && now - free < numbersPerStep) free -= 1;
      if (free === now) break;
      const next = await driver.increment(key, free - now, { ...journaled, expected: now });
      // Given back: who draws one of them from now on draws its own.
      if (next === free) for (let number = free + 1; number <= now; number += 1) drawn.delete(number);
      now = next;
    }
  }
}

const numbersPerStep = 1_000;
