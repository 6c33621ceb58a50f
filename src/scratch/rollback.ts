import { sep } from "node:path";
import { temporariesOf } from "../core/file.ts";
import type { AttemptFolders } from "./attempt-folders.ts";
import { fileFates } from "./file-fates.ts";
import { entryOf, type Inventory, lineOf } from "./inventory.ts";
import type { Entry, EntryChange } from "./inventory-driver.ts";
import { type DrawnNumbers, lowerCounters } from "./lower-counters.ts";
import { undoMade, undoReplaced } from "./undo-files.ts";
import { undoTags } from "./undo-tags.ts";

/**
 * Undoes what the audits and the records of one task tell. Every step may be done twice, and the record of what is to be done
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
    keys.made,
    keys.kept,
    keys.touched,
  ];
  const [written = [], newTags = [], set = [], audited = [], made = [], keptPaths = [], touched = []] =
    await driver.members(records);

  const isInside = (path: string): boolean => path.startsWith(folder + sep);
  const own = new Set(audited);
  const changes = sortChanges(inventory, made.map(entryOf));
  await kept.giveBackTaken([...written, ...keptPaths].filter(isInside));
  const files = { written, kept: keptPaths };
  const fates = await fileFates(inventory, folders, files);

  const tags = { inventory, written: new Set(written), kept: new Set(keptPaths) };
  const isLeft = (path: string): boolean => !tags.kept.has(path) && !fates.isOwn(path);
  const others = touched.filter((path) => !tags.written.has(path) && !tags.kept.has(path));
  await undoTags(tags, [...others, ...written.filter(isLeft)], "all");
  await undoTags(tags, keptPaths, "given");
  // Python's audit knows only which tags were new, not on which files.
  const tagsOfPython = newTags.filter((tag) => !own.has(`${keys.tagAudit}\n${tag}`)).map((tag) => keys.path + tag);
  const constantsOfPython = set.filter((name) => !own.has(`${keys.constantAudit}\n${name}`));
  await driver.drop([...tagsOfPython, ...constantsOfPython.map((name) => keys.constant + name)], fenced);
  // With their lines in the log, so that what another task sets when this is killed is not taken from it the second time.
  const entries = changes.constants.flatMap((entry): EntryChange[] => [
    { entry, to: false },
    { entry: [keys.made, lineOf(entry)], to: false },
  ]);
  if (entries.length > 0) await driver.exchange({ entries, records: [] }, fenced);

  const undo = { inventory, folders, tags, isInside };
  await undoMade(undo, fates.gone);
  // What a transfer that was killed left beside the files it was to bring.
  for (const path of await temporariesOf(written.filter(isInside))) await folders.discard(path);
  await undoReplaced(undo, kept, files);
  // Of the files that others had overwritten when it began.
  await (await fileFates(inventory, folders, { written: written.filter(isLeft), kept: [] })).forget();
  // With the files that are there now: what was taken from them comes back.
  await undoTags(tags, [...tags.written.union(tags.kept)], "all");

  await lowerCounters(inventory, changes.numbers);
  // With them go the messages of an attempt that is as if it had never been.
  await driver.drop([...records, keys.over, keys.outbox], fenced);
  await kept.clear();
  inventory.forget();
}

interface Changes {
  readonly constants: readonly Entry[];
  readonly numbers: DrawnNumbers;
}

function sortChanges({ keys }: Inventory, made: readonly Entry[]): Changes {
  const numbers = new Map<string, Set<number>>();
  for (const [key, number] of made.filter(([name]) => name.startsWith(keys.counter))) {
    numbers.set(key, (numbers.get(key) ?? new Set()).add(Number(number)));
  }
  return {
    constants: made.filter(([key]) => key.startsWith(keys.constant)),
    numbers,
  };
}
