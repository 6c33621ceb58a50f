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
import { type Inventory, lineOf, type TaggedPath } from "./inventory.ts";
import type { Entry, EntryChange, RecordChange } from "./inventory-driver.ts";
import { exists } from "./scratch-paths.ts";

/**
 * Gives tags to files, or takes them, and puts that into their histories in the same step. Files that the task made have none as long as
 * nobody else had to do with them, for their tags go with them; nor have those that are not there, from which tags may only be taken.
 */
export type ChangeTags = (tagged: readonly TaggedPath[], gives: boolean) => Promise<void>;

export function changeTagsOf(inventory: Inventory, isMade: (path: string) => boolean): ChangeTags {
  /** Whether files had histories the last time: mostly none has, and then nothing is read. */
  let isContested = false;
  return async (tagged, gives) => {
    const tagsOf = new Map<string, Set<string>>();
    for (const [tag, path] of tagged) {
      const tags = tagsOf.get(path) ?? new Set();
      tagsOf.set(path, tags.add(tag));
    }
    const paths = [...tagsOf.keys()];
    const loose = new Set(paths.filter(isMade));
    if (!gives) for (const path of paths) if (!(await exists(path))) loose.add(path);
    const look = async () => new Map((await historiesOf(inventory, paths)).map((text, i) => [paths[i], text] as const));
    let texts: ReadonlyMap<string | undefined, string | undefined> = isContested ? await look() : new Map();
    /** Those that were not as was to be expected. */
    const others = new Set<string>();
    for (;;) {
      const [entries, records]: [EntryChange[], RecordChange[]] = [[], []];
      for (const [path, tags] of tagsOf) {
        const text = texts.get(path);
        const change = changeAt(inventory, { path, tags, gives, text, isLoose: loose.has(path) }, others);
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
  { path, tags, gives, text, isLoose }: WantedChange,
  others: ReadonlySet<string>,
): ChangeAt {
  if (text === undefined && isLoose) {
    const entries = Array.from(tags, (tag) => ({ entry: [keys.path + tag, path] as const, to: gives }));
    return { entries, record: { key: keys.history, field: path, from: undefined, to: undefined } };
  }
  const history = text === undefined ? noHistory : parseHistory(text);
  const entries: EntryChange[] = [];
  const found: string[] = [];
  for (const tag of tags) {
    const entry: Entry = [keys.path + tag, path];
    if (isKnown(history, tag)) {
      entries.push({ entry, to: gives });
      continue;
    }
    const from = others.has(lineOf(entry)) ? gives : !gives;
    if (from) found.push(tag);
    entries.push({ entry, from, to: gives });
  }
  if (!hasStep(history, taskName)) entries.push({ entry: [keys.touched, path], to: true });
  const to = formatHistory(withSteps(withBase(history, found), taskName, tags, gives));
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
