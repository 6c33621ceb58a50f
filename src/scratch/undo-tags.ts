import { historiesOf } from "./change-tags.ts";
import {
  type FileHistory,
  formatHistory,
  handsOf,
  hasStep,
  hasTag,
  noHistory,
  parseHistory,
  tagsIn,
  withoutTask,
} from "./file-history.ts";
import { type FileLayers, fileLayers } from "./file-layers.ts";
import type { Inventory } from "./inventory.ts";
import type { EntryChange, RecordChange } from "./inventory-driver.ts";
import { exists } from "./scratch-paths.ts";

export interface TagsToUndo {
  readonly inventory: Inventory;
  /** Paths of files that the task wrote. */
  readonly written: ReadonlySet<string>;
  /** Paths of files of others that it overwrote or removed. */
  readonly kept: ReadonlySet<string>;
}

/** What of the tags at a file is undone: all; the tags that the task gave, yet nothing else; all tags of a file that it made and that goes now. */
export type UndoneTags = "all" | "given" | "made";

/**
 * Takes the task's steps out of the histories of these files: a tag is there then if the last step that is left gives it, or where none is
 * left, if it was there before. Where the task made the file, its tags go with it.
 */
export async function undoTags(undo: TagsToUndo, paths: readonly string[], what: UndoneTags): Promise<void> {
  for (let start = 0; start < paths.length; start += pathsPerStep) {
    const some = paths.slice(start, start + pathsPerStep);
    while (!(await undoTagsOf(undo, some, what)));
  }
}

const pathsPerStep = 500;

/** False where others were at these files meanwhile: it is to be looked at anew. */
async function undoTagsOf(undo: TagsToUndo, paths: readonly string[], what: UndoneTags): Promise<boolean> {
  const { inventory, written, kept } = undo;
  const { driver, fenced } = inventory;
  const texts = await historiesOf(inventory, paths);
  const found = paths.flatMap((path, i) => {
    const text = texts[i];
    const history = text === undefined ? noHistory : parseHistory(text);
    return text === undefined && what !== "made" ? [] : [{ path, text, history }];
  });
  if (found.length === 0) return true;
  const mayBeMade = what === "given" ? [] : found.filter(({ path, history }) => mayHaveMade(undo, path, history));
  const layers = await fileLayers(
    inventory,
    mayBeMade.flatMap(({ path, text }) => (text === undefined ? [] : [path])),
  );
  const made = new Set(
    mayBeMade
      .filter(({ path, text, history }) => text === undefined || isMaker(layers, path, history, inventory.taskName))
      .map(({ path }) => path),
  );
  const looked = found.filter(
    ({ path }) => what === "made" || (what === "all" && (written.has(path) || kept.has(path))),
  );
  const tags = await inventory.tagsOf(looked.map(({ path }) => path));
  const presentAt = new Map(looked.map(({ path }, i) => [path, tags[i] ?? []]));
  const [entries, records]: [EntryChange[], RecordChange[]] = [[], []];
  for (const { path, text, history } of found) {
    const present = presentAt.get(path) ?? [];
    const isMade = made.has(path);
    const change = await changeOf(undo, { path, text, history, present, isMade, what });
    entries.push(...change.entries);
    records.push(change.record);
  }
  return (await driver.exchange({ entries, records }, fenced)).isDone;
}

/** What was there before is the task's, if it was anybody's. */
function mayHaveMade({ inventory, written, kept }: TagsToUndo, path: string, history: FileHistory): boolean {
  return (
    written.has(path) &&
    !kept.has(path) &&
    history.base !== undefined &&
    handsOf(history, inventory.taskName).length === 0
  );
}

/** Nobody was there before it, and all that wrote there after it have laid hands on what they found. */
function isMaker(layers: FileLayers, path: string, history: FileHistory, task: string): boolean {
  return (
    layers.below(path, task).length === 0 &&
    layers.above(path, task).every((one) => layers.keeps(path, one) || handsOf(history, one).length > 0)
  );
}

interface UndoneAt {
  readonly path: string;
  readonly text: string | undefined;
  readonly history: FileHistory;
  readonly present: readonly string[];
  readonly isMade: boolean;
  readonly what: UndoneTags;
}

async function changeOf(
  { inventory: { keys, taskName }, written, kept }: TagsToUndo,
  { path, text, history, present, isMade, what }: UndoneAt,
): Promise<{ readonly entries: readonly EntryChange[]; readonly record: RecordChange }> {
  const isGiven = what === "given";
  const left = isGiven
    ? {
        ...history,
        steps: history.steps.filter(({ task, tag, gives }) => task !== taskName || tag === undefined || !gives),
      }
    : withoutTask(history, taskName, isMade);
  const dropped = history.steps.filter((step) => !left.steps.includes(step));
  const lines = new Set(dropped.flatMap(({ tag }) => tag ?? []));
  const add = (tags: readonly string[]): void => {
    for (const tag of tags) lines.add(tag);
  };
  add(tagsIn(history).filter((tag) => hasTag(history, tag) !== hasTag(left, tag)));
  if (isMade || what === "made") add([...tagsIn(history), ...present]);
  let isThere = true;
  if (what === "all") {
    isThere = await exists(path);
    // No file, no tags; and Python's rollback takes a file that it finds in the audit away with all its tags, whoever gave them.
    if (!isThere && (written.has(path) || kept.has(path))) add([...tagsIn(history), ...present]);
    if (isThere && kept.has(path) && present.length === 0) add(tagsIn(left));
  }
  const entries: EntryChange[] = [];
  for (const tag of lines) {
    const to = isThere && hasTag(left, tag);
    if (!to || !isGiven) entries.push({ entry: [keys.path + tag, path], to });
  }
  for (const task of new Set(dropped.map((step) => step.task))) {
    if (task !== taskName && !hasStep(left, task)) entries.push({ entry: [keys.toucheds + task, path], to: false });
  }
  return { entries, record: { key: keys.history, field: path, from: text, to: formatHistory(left) } };
}
