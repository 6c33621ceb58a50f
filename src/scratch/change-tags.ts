import {
  formatHistory,
  handsOf,
  hasStep,
  isKnown,
  noHistory,
  parseHistory,
  withBase,
  withMaker,
  withRemoval,
  withSteps,
} from "./file-history.ts";
import { layerOver } from "./file-layers.ts";
import { type Inventory, lineOf } from "./inventory.ts";
import type { Entry, EntryChange, RecordChange } from "./inventory-driver.ts";
import { exists } from "./scratch-paths.ts";

/** The tags that files are to get or lose, by path. */
export type TagsOfFiles = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Gives tags to files, or takes them, and puts that into their histories in the same step. Files that the task made have none as long as
 * nobody else had to do with them, for their tags go with them; nor have those that are not there, from which tags may only be taken.
 */
export type ChangeTags = (tagsOf: TagsOfFiles, gives: boolean) => Promise<void>;

export function changeTagsOf(inventory: Inventory, isMade: (path: string) => boolean): ChangeTags {
  /** Whether files had histories the last time: mostly none has, and then nothing is read. */
  let isContested = false;
  return async (tagsOf, gives) => {
    const paths = [...tagsOf.keys()];
    const loose = new Set(paths.filter(isMade));
    if (!gives) for (const path of paths) if (!(await exists(path))) loose.add(path);
    const shared = sharedBy(inventory, gives);
    const look = async () => new Map((await historiesOf(inventory, paths)).map((text, i) => [paths[i], text] as const));
    let texts: ReadonlyMap<string | undefined, string | undefined> = isContested ? await look() : new Map();
    /** Those that were not as was to be expected. */
    const others = new Set<string>();
    for (;;) {
      const [entries, records]: [EntryChange[], RecordChange[]] = [[], []];
      for (const [path, tags] of tagsOf) {
        const text = texts.get(path);
        const change = changeAt(inventory, shared, { path, tags, gives, text, isLoose: loose.has(path) }, others);
        entries.push(...change.entries);
        records.push(change.record);
      }
      const done = await inventory.driver.exchange({ entries, records }, inventory.fenced);
      if (done.isDone) return;
      isContested = true;
      for (const line of done.unexpected.map(lineOf)) if (!others.delete(line)) others.add(line);
      texts = await look();
    }
  };
}

/** What files have in common is made once: a key and a history for each would be most of what a long night leaves to be collected. */
interface Shared {
  keyOf(tag: string): string;
  /** The history of a file that none knows of yet, and that is as was to be expected. */
  firstRecord(tags: ReadonlySet<string>): string | undefined;
}

function sharedBy({ keys, taskName }: Inventory, gives: boolean): Shared {
  const [keyOfTag, recordOfTags] = [new Map<string, string>(), new Map<string, string | undefined>()];
  return {
    keyOf(tag) {
      const key = keyOfTag.get(tag) ?? keys.path + tag;
      keyOfTag.set(tag, key);
      return key;
    },
    firstRecord(tags) {
      const listed = [...tags].join("\n");
      const record = recordOfTags.get(listed) ?? formatHistory(withSteps(noHistory, taskName, tags, gives));
      recordOfTags.set(listed, record);
      return record;
    },
  };
}

interface WantedChange {
  readonly path: string;
  readonly tags: ReadonlySet<string>;
  readonly gives: boolean;
  readonly text: string | undefined;
  readonly isLoose: boolean;
}

interface ChangeAt {
  readonly entries: readonly EntryChange[];
  readonly record: RecordChange;
}

function changeAt(
  { keys, taskName }: Inventory,
  { keyOf, firstRecord }: Shared,
  { path, tags, gives, text, isLoose }: WantedChange,
  others: ReadonlySet<string>,
): ChangeAt {
  if (text === undefined && isLoose) {
    const entries = Array.from(tags, (tag) => ({ entry: [keyOf(tag), path] as const, to: gives }));
    return { entries, record: { key: keys.history, field: path, from: undefined, to: undefined } };
  }
  const history = text === undefined ? noHistory : parseHistory(text);
  const entries: EntryChange[] = [];
  const found: string[] = [];
  for (const tag of tags) {
    const entry: Entry = [keyOf(tag), path];
    if (isKnown(history, tag)) {
      entries.push({ entry, to: gives });
      continue;
    }
    const isOther = others.size > 0 && others.has(lineOf(entry));
    const from = isOther ? gives : !gives;
    if (from) found.push(tag);
    entries.push({ entry, from, to: gives });
  }
  if (!hasStep(history, taskName)) entries.push({ entry: [keys.touched, path], to: true });
  const isFirst = text === undefined && found.length === 0;
  const to = isFirst ? firstRecord(tags) : formatHistory(withSteps(withBase(history, found), taskName, tags, gives));
  return { entries, record: { key: keys.history, field: path, from: text, to } };
}

/**
 * Takes all its tags from a file that the task is about to remove, those of others too. Where it made the file in the place of one that
 * another had removed, that is told as well: true then, and the file of before is not to come back with the other's rollback.
 */
export async function clearTags(inventory: Inventory, path: string, isMade: boolean): Promise<boolean> {
  const { driver, keys, fenced, taskName } = inventory;
  for (;;) {
    const [text] = await historiesOf(inventory, [path]);
    const [present = []] = await inventory.tagsOf([path]);
    const entries: EntryChange[] = present.map((tag) => ({ entry: [keys.path + tag, path], from: true, to: false }));
    let to: string | undefined;
    let isOver = false;
    if (text !== undefined || !isMade) {
      const before = text === undefined ? noHistory : parseHistory(text);
      const isMaker = isMade && before.base !== undefined && handsOf(before, taskName).length === 0;
      const history = isMaker ? withMaker(before, taskName, present) : withBase(before, present);
      to = formatHistory(withRemoval(history, taskName, present));
      const layer = isMade ? await layerOver(inventory, path) : [];
      isOver = layer.some(([key]) => key === keys.over);
      if (isOver) entries.push(...layer.map((entry) => ({ entry, to: true })));
      entries.push({ entry: [keys.touched, path], to: true });
    }
    const records = [{ key: keys.history, field: path, from: text, to }];
    if ((await driver.exchange({ entries, records }, fenced)).isDone) return isOver;
  }
}

/** Takes the tags of a file that went by itself. One that tasks have to do with may be about to come back. */
export async function clearStaleTags(inventory: Inventory, path: string): Promise<void> {
  const { driver, keys, fenced } = inventory;
  const [stale = []] = await inventory.tagsOf([path]);
  const entries = stale.map((tag): EntryChange => ({ entry: [keys.path + tag, path], to: false }));
  await driver.exchange(
    { entries, records: [{ key: keys.history, field: path, from: undefined, to: undefined }] },
    fenced,
  );
}

/** The records of what was done to these files. */
export function historiesOf(
  { driver, keys }: Inventory,
  paths: readonly string[],
): Promise<readonly (string | undefined)[]> {
  return driver.records(keys.history, paths);
}
