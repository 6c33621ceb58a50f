import type { AttemptFolders, KeptFiles } from "./attempt-folders.ts";
import { type FileLayers, fileLayers, overLine } from "./file-layers.ts";
import { unclaimed } from "./given-tags.ts";
import { entryOf, type Inventory, lineOf } from "./inventory.ts";
import type { Entry } from "./inventory-driver.ts";
import { exists } from "./scratch-paths.ts";

/** What becomes of the files of a task that is undone. */
export interface FileFates {
  /** Files that the task made: they go. */
  readonly gone: readonly string[];
  /** Files that it made and others have overwritten since: they stay, are the others', and carry this task's tags yet. */
  readonly left: readonly string[];
  /** Whether what is there now, or that nothing is, is this task's doing, and no other's since. */
  isOwn(path: string): boolean;
  /** The task whose layer lies above this one's, or is about to, and whether it keeps what it found there. */
  heirOf(path: string): { readonly isKeeper: boolean } | undefined;
  /** Takes the tags that only this task gave from what others have noted to give back. Comes before these tags are taken away. */
  forgetTags(): Promise<void>;
  /** Gives the version that the task keeps to the one that wrote over its own, whose rollback brings it back then. */
  handOver(kept: KeptFiles, path: string): Promise<void>;
  /**
   * Takes what other tasks keep of this one's files from them: none shall bring it back later. Whoever wrote over a file that the
   * task made has made it itself now. After it no record tells of this task's part in a file that others had to do with.
   */
  forget(): Promise<void>;
}

export interface TaskFiles {
  readonly written: readonly string[];
  /** Those that it overwrote or removed. */
  readonly kept: readonly string[];
  /** Of those the ones that it made where there was none, and whose earlier versions it inherited. */
  readonly born: readonly string[];
  /** The tags that the task gave to files of others, as its journal has them; asked for where it is not told. */
  readonly given?: readonly string[] | undefined;
}

export async function fileFates(
  inventory: Inventory,
  folders: AttemptFolders,
  { written, kept, born, given }: TaskFiles,
): Promise<FileFates> {
  const { driver, keys, fenced, taskName } = inventory;
  const layers = await fileLayers(inventory, new Set([...written, ...kept]));
  const isOwn = new Map<string, boolean>();
  for (const path of new Set([...written, ...kept])) isOwn.set(path, await isOwnNow(path, taskName, layers, folders));
  const replaced = new Set(kept);
  const others = [...isOwn].filter(([, isMine]) => !isMine).map(([path]) => path);
  const bearers = await inventory.holdersOf(keys.borns, others);
  const bearersOf = new Map(others.map((path, i) => [path, bearers[i] ?? []]));
  /** And none of the others made it anew, which left nothing of this task's at the file. */
  const isOverwritten = (path: string): boolean =>
    bearersOf.has(path) &&
    layers
      .above(path, taskName)
      .every((task) => layers.keeps(path, task) && bearersOf.get(path)?.includes(keys.borns + task) !== true);
  const made = written.filter((path) => !replaced.has(path));
  const linesAt = async (key: string, path: string): Promise<readonly string[]> => {
    const [lines = []] = await driver.members([key]);
    return lines.filter((line) => line.endsWith(`\n${path}`));
  };
  const withKey = (key: string, lines: readonly string[]): readonly Entry[] => lines.map((line): Entry => [key, line]);

  return {
    gone: made.filter((path) => isOwn.get(path) === true),
    left: [...made, ...born].filter(isOverwritten),
    isOwn: (path) => isOwn.get(path) === true,
    heirOf(path) {
      const [heir] = layers.above(path, taskName);
      return heir === undefined ? undefined : { isKeeper: layers.keeps(path, heir) };
    },
    async forgetTags() {
      for (const path of isOwn.keys()) {
        const above = layers.above(path, taskName);
        const [heir] = above;
        if (heir === undefined) continue;
        // Of tags on a file of others this task's journal tells. On a file of its own they have no journal, but whoever
        // overwrote that file noted which tags it carried.
        const carried =
          replaced.has(path) && given !== undefined
            ? given.filter((line) => line.endsWith(`\n${path}`))
            : await linesAt(replaced.has(path) ? keys.added : keys.keptTagsOfAll + heir, path);
        const lines = (await unclaimed(inventory, carried.map(entryOf))).map(lineOf);
        const records = above.flatMap((task) => [keys.removeds + task, keys.keptTagsOfAll + task]);
        await inventory.remove(
          // Those that it made itself go last: by them all are known.
          records.reverse().flatMap((key) => withKey(key, lines)),
          fenced,
        );
      }
    },
    async handOver(keptFiles, path) {
      const [heir] = layers.above(path, taskName);
      if (heir === undefined) return;
      const below = layers.under(path, taskName);
      const [overs, keptTags] = [keys.overs + heir, keys.keptTagsOfAll + heir];
      const taken = await linesAt(keys.removed, path);
      const tags = [...(await linesAt(keys.keptTags, path)), ...taken];
      const stale = (await linesAt(keptTags, path)).filter((line) => !tags.includes(line));
      await driver.remove(
        [
          ...withKey(
            overs,
            [...layers.under(path, heir).difference(below)].map((task) => overLine(task, path)),
          ),
          ...withKey(keptTags, stale),
        ],
        fenced,
      );
      const inheritance: Entry[] = [
        [keys.keeps + heir, path],
        ...withKey(
          overs,
          [...below].map((task) => overLine(task, path)),
        ),
        ...withKey(keptTags, tags),
      ];
      // It made a file where it found none: all tags are its own, and go when the file of before comes back.
      if (!layers.keeps(path, heir)) inheritance.push([keys.borns + heir, path]);
      await driver.add(inheritance, fenced);
      if (!layers.keeps(path, heir) || !(await exists(path))) await driver.remove(withKey(keys.removed, taken), fenced);
      await keptFiles.handOver(path, heir);
    },
    async forget() {
      for (const path of isOwn.keys()) {
        const [heir] = layers.above(path, taskName);
        const mentions = layers.mentions(path, taskName);
        if (heir === undefined && mentions.length === 0) continue;
        const records = [keys.over];
        if (heir !== undefined && layers.keeps(path, heir) && !replaced.has(path)) {
          await folders.letGo(heir, path);
          mentions.push([keys.keeps + heir, path], [keys.borns + heir, path]);
          records.push(keys.overs + heir, keys.keptTagsOfAll + heir, keys.removeds + heir);
        }
        for (const key of records) mentions.push(...withKey(key, await linesAt(key, path)));
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
