import { sep } from "node:path";
import { temporariesOf } from "../core/file.ts";
import type { AttemptFolders } from "./attempt-folders.ts";
import type { Inventory, TaggedPath } from "./inventory.ts";
import type { Entry } from "./inventory-driver.ts";
import { exists } from "./scratch-paths.ts";

/**
 * Undoes what the audits and the journal of one task tell. Every step may be done twice, and the record of what is to be done
 * goes last: killed anywhere, it begins again and comes to the same end.
 */
export async function rollBack(inventory: Inventory, folders: AttemptFolders, folder: string): Promise<void> {
  const { driver, keys, fenced } = inventory;
  // Refuses an attempt that woke up late, before it takes anything from the one that runs now.
  await driver.add([], fenced);
  const kept = await folders.takeOver();
  const records = [
    keys.writeAudit,
    keys.tagAudit,
    keys.constantAudit,
    keys.audited,
    keys.added,
    keys.removed,
    keys.kept,
    keys.keptTags,
  ];
  const [written = [], newTags = [], set = [], audited = [], added = [], removed = [], keptPaths = [], keptTags = []] =
    await driver.members(records);

  const own = new Set(audited);
  const changes = sortChanges(inventory, added.map(entryOf));
  const { paths: gone, claims } = await createdBy(inventory, written, keptPaths);

  // Tags before files: nobody shall find a file that is not there.
  const tags = await inventory.tagsOf(gone);
  const tagged = gone.flatMap((path, i) => (tags[i] ?? []).map((tag): TaggedPath => [tag, path]));
  await inventory.remove(inventory.entriesOf(tagged), fenced);
  await inventory.remove(changes.tags, fenced);
  // Python's audit knows only which tags were new, not on which files.
  const tagsOfPython = newTags.filter((tag) => !own.has(`${keys.tagAudit}\n${tag}`)).map((tag) => keys.path + tag);
  const constantsOfPython = set.filter((name) => !own.has(`${keys.constantAudit}\n${name}`));
  await driver.drop(
    [...tagsOfPython, ...changes.constants, ...constantsOfPython.map((name) => keys.constant + name)],
    fenced,
  );

  const isInside = (path: string): boolean => path.startsWith(folder + sep);
  // Through this attempt's folder: once a newer attempt took that away, a late one can remove nothing of its files.
  for (const path of gone.filter(isInside)) await folders.discard(path);
  // What a transfer that was killed left beside the files it was to bring.
  for (const path of await temporariesOf(written.filter(isInside))) await folders.discard(path);
  for (const path of keptPaths.filter(isInside)) await kept.restore(path);
  const given = new Set(added);
  const lost = await lostTags(inventory, keptTags.filter((line) => !given.has(line)).map(entryOf));
  await inventory.add(await ofFilesThatExist([...removed.map(entryOf), ...lost]), fenced);

  // A task that overwrote or removed one of these files shall not bring the old one back later.
  await inventory.remove(claims, fenced);
  await lowerCounters(inventory, changes.numbers);
  // With them go the messages of an attempt that is as if it had never been.
  await driver.drop([...records, keys.outbox], fenced);
  await kept.clear();
  inventory.forget();
}

function entryOf(line: string): Entry {
  const end = line.indexOf("\n");
  return [line.slice(0, end), line.slice(end + 1)];
}

interface Changes {
  readonly tags: readonly Entry[];
  /** Keys. */
  readonly constants: readonly string[];
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
    constants: added.filter(([key]) => key.startsWith(keys.constant)).map(([key]) => key),
    numbers,
  };
}

interface Created {
  readonly paths: readonly string[];
  /** What other tasks' records say of these files, which is untrue once they are gone. */
  readonly claims: readonly Entry[];
}

/**
 * The files that the task made: announced by it, and not in place of another's. Of two tasks that announced the same new name
 * only one can have got it: such a file is left to the other, who will not have given it up.
 */
async function createdBy(
  { driver, keys }: Inventory,
  written: readonly string[],
  keptPaths: readonly string[],
): Promise<Created> {
  if (written.length === 0) return { paths: [], claims: [] };
  const recordsOfOthers = async (prefix: string, own: string): Promise<readonly Entry[]> => {
    const names = (await driver.keys(prefix)).filter((key) => key !== own);
    const sets = await driver.members(names);
    return names.flatMap((key, i) => (sets[i] ?? []).map((path): Entry => [key, path]));
  };
  const announced = await recordsOfOthers(keys.writeAudits, keys.writeAudit);
  const replaced = await recordsOfOthers(keys.keeps, keys.kept);
  const foreign = new Set(announced.map(([, path]) => path));
  for (const [, path] of replaced) foreign.delete(path);
  for (const path of keptPaths) foreign.add(path);
  const paths = written.filter((path) => !foreign.has(path));
  const gone = new Set(paths);
  return { paths, claims: [...announced, ...replaced].filter(([, path]) => gone.has(path)) };
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

/** Gives back numbers from the top, as far as they were this task's, so that names come out the same the next time. */
async function lowerCounters({ driver, fenced }: Inventory, numbers: Changes["numbers"]): Promise<void> {
  const unused: string[] = [];
  for (const [key, drawn] of numbers) {
    const now = await driver.increment(key, 0, fenced);
    let free = now;
    while (drawn.has(free)) free -= 1;
    if (free < now) await driver.increment(key, free - now, fenced);
    if (free === 0) unused.push(key);
  }
  if (unused.length > 0) await driver.drop(unused, fenced);
}
