import type { AttemptFolders, KeptFiles } from "./attempt-folders.ts";
import { type FileLayers, fileLayers, overLine } from "./file-layers.ts";
import type { Inventory } from "./inventory.ts";
import type { Entry } from "./inventory-driver.ts";
import { exists } from "./scratch-paths.ts";

/** What becomes of the files of a task that is undone. */
export interface FileFates {
  /** Files that the task made: they go. */
  readonly gone: readonly string[];
  /** Whether what is there now, or that nothing is, is this task's doing, and no other's since. */
  isOwn(path: string): boolean;
  /** The task whose layer lies above this one's, or is about to, and whether it keeps what it found there. */
  heirOf(path: string): { readonly isKeeper: boolean } | undefined;
  /** Gives the version that the task keeps to the one that wrote over its own, whose rollback brings it back then. */
  handOver(kept: KeptFiles, path: string): Promise<void>;
  /**
   * Takes what other tasks keep of this one's files from them: none shall bring it back later. Whoever wrote over a file that the
   * task made has made it itself now. After it no record tells of this task's part in a file that others had to do with.
   */
  forget(): Promise<void>;
}

export interface UndoneFiles {
  readonly written: readonly string[];
  /** Those that it overwrote or removed. */
  readonly kept: readonly string[];
}

export async function fileFates(
  inventory: Inventory,
  folders: AttemptFolders,
  { written, kept }: UndoneFiles,
): Promise<FileFates> {
  const { driver, keys, fenced, taskName } = inventory;
  const layers = await fileLayers(inventory, new Set([...written, ...kept]));
  const isOwn = new Map<string, boolean>();
  for (const path of new Set([...written, ...kept])) isOwn.set(path, await isOwnNow(path, taskName, layers, folders));
  const replaced = new Set(kept);
  const made = written.filter((path) => !replaced.has(path));
  const overs = (task: string, path: string, below: Iterable<string>): readonly Entry[] =>
    Array.from(below, (one): Entry => [keys.overs + task, overLine(one, path)]);

  return {
    gone: made.filter((path) => isOwn.get(path) === true),
    isOwn: (path) => isOwn.get(path) === true,
    heirOf(path) {
      const [heir] = layers.above(path, taskName);
      return heir === undefined ? undefined : { isKeeper: layers.keeps(path, heir) };
    },
    async handOver(keptFiles, path) {
      const [heir] = layers.above(path, taskName);
      if (heir === undefined) return;
      const below = layers.under(path, taskName);
      await driver.remove(overs(heir, path, layers.under(path, heir).difference(below)), fenced);
      await driver.add([[keys.keeps + heir, path], ...overs(heir, path, below)], fenced);
      await keptFiles.handOver(path, heir);
    },
    async forget() {
      for (const path of isOwn.keys()) {
        const [heir] = layers.above(path, taskName);
        const mentions = layers.mentions(path, taskName);
        if (heir === undefined && mentions.length === 0) continue;
        mentions.push(...overs(taskName, path, layers.under(path, taskName)));
        if (heir !== undefined && layers.keeps(path, heir) && !replaced.has(path)) {
          await folders.letGo(heir, path);
          mentions.push([keys.keeps + heir, path], ...overs(heir, path, layers.under(path, heir)));
          // Who only removed the file has no layer any more: one of later comes above those that found this one.
          if (!layers.writes(path, heir)) mentions.push(...layers.mentions(path, heir));
        }
        // At once: with some of them gone nobody could tell any more whose the file is.
        await driver.remove([[keys.writeAudit, path], [keys.kept, path], ...mentions], fenced);
      }
    },
  };
}

async function isOwnNow(path: string, task: string, layers: FileLayers, folders: AttemptFolders): Promise<boolean> {
  const above = layers.above(path, task);
  const [heir] = above;
  if (heir === undefined) return true;
  // It has announced that it will replace the file, and has not done so, or not yet.
  if (layers.keeps(path, heir)) return folders.isKeptBy(heir, path);
  // The same for one that was to make a file where this task had removed one.
  const mayBeAbsent = layers.keeps(path, task) && above.every((one) => !layers.keeps(path, one));
  return mayBeAbsent && !(await exists(path));
}
