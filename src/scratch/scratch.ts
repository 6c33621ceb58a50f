import { relative, resolve } from "node:path";
import { isFirstlightError } from "../core/errors.ts";
import { inTurn } from "../core/in-turn.ts";
import { attemptFolders } from "./attempt-folders.ts";
import type { TagsOfFiles } from "./change-tags.ts";
import { type Constants, constantsOf } from "./constants.ts";
import { genericBaseName } from "./generic-name.ts";
import { inventoryOf } from "./inventory.ts";
import type { InventoryDriver } from "./inventory-driver.ts";
import { type NearestTags, nearestTags } from "./nearest-tags.ts";
import { removeScratch } from "./remove-scratch.ts";
import { rollBack } from "./rollback.ts";
import { noPaths, scratchProblem } from "./scratch-errors.ts";
import { makeFolder, scratchPaths } from "./scratch-paths.ts";
import { rootOf } from "./scratch-root.ts";
import { sortByFileName } from "./sort-by-file-name.ts";
import { isLegalTag, requireLegalTags } from "./tag.ts";
import type { TagQuery } from "./tag-query.ts";
import { taskFiles } from "./task-files.ts";

export { allOf, anyOf, formatQuery, type TagQuery } from "./tag-query.ts";

export interface WriteFileOptions {
  /** Where in scratch; by default a name made of the tags and a counter. */
  readonly relativePath?: string | undefined;
  /** Replace a file that is there. What another task wrote comes back when this task is rolled back. */
  readonly overwrite?: boolean | undefined;
}

export interface TaggedFiles {
  /** Relative to scratch, or absolute in it. */
  readonly paths: string | readonly string[];
  readonly tags: readonly string[];
}

/**
 * The files of one recipe run as one task sees them. Paths that come in may be relative to `folder` or absolute in it.
 * Every change is audited before it happens, so that `rollback` finds it after any crash.
 *
 * Throws `SCRATCH_PATH` for a path that leaves scratch or is none of a file, `TAG_ILLEGAL`, `ATTEMPT_FENCED` once a newer attempt of the same
 * task has begun, `SCRATCH_FOLDER_LOST` where somebody removed the folder meanwhile, `SCRATCH_FULL` and `SCRATCH_READ_ONLY`.
 */
export interface Scratch extends AsyncDisposable {
  /** Absolute; where symbolic links give it several names, the one by which the run was opened first. */
  readonly folder: string;
  readonly recipeRunId: number;
  readonly taskName: string;
  readonly constants: Constants;

  /**
   * A file that appears whole or not at all, with its tags. Resolves to its path relative to `folder`. Throws
   * `SCRATCH_FILE_EXISTS` for a given path where a file is, unless it may be overwritten.
   */
  write(bytes: Uint8Array, tags: readonly string[], options?: WriteFileOptions): Promise<string>;
  /**
   * Announces a file that somebody else, a transfer, will put there: parent folders are made, and a rollback removes the
   * file. Resolves to its absolute path.
   */
  reserve(relativePath: string, options?: { readonly overwrite?: boolean }): Promise<string>;
  /**
   * How files that a transfer brings get the names that were reserved for them: through this attempt's folder, so that one which a newer
   * attempt has replaced brings none, however long it slept.
   */
  readonly landing: ScratchLanding;
  /** Makes files that a transfer put there this task's own, and tags them. Throws `SCRATCH_FILE_MISSING`. */
  adopt(paths: string | readonly string[], tags: readonly string[]): Promise<void>;
  /** Tags files that are there. Throws `SCRATCH_FILE_MISSING`. */
  tag(paths: string | readonly string[], tags: readonly string[]): Promise<void>;
  /** The same for many files with tags of their own, in bulk. `files` is gone through twice, and is held as a whole only where it is an iterator. */
  tagAll(files: Iterable<TaggedFiles>): Promise<void>;
  /**
   * Takes tags from files; one that a file does not carry is no error. Whatever Python wrote as a tag can be taken: `TAG_ILLEGAL` is thrown
   * only for what can be no tag of ours and none of these files carries.
   */
  untag(paths: string | readonly string[], tags: readonly string[]): Promise<void>;
  /** Removes a file and all its tags; one that is not there is no error. */
  remove(path: string): Promise<void>;

  /** The tags of a file, sorted. */
  tags(path: string): Promise<readonly string[]>;
  /** The tags of many files, each sorted, in the order of `paths`. */
  tagsOfAll(paths: readonly string[]): Promise<readonly (readonly string[])[]>;
  /** All tags that any file carries, sorted. */
  allTags(): Promise<readonly string[]>;
  /** Absolute paths, sorted by file name, then by folder. Throws `TAG_QUERY_EMPTY` for a query that names no tag. */
  find(query: TagQuery): Promise<readonly string[]>;
  /** What each of many queries finds, in their order: far faster than one after the other. */
  findAll(queries: readonly TagQuery[]): Promise<readonly (readonly string[])[]>;
  count(query: TagQuery): Promise<number>;
  /** For a query that finds nothing: which tag failed, and the nearest tag sets. */
  nearest(query: TagQuery): Promise<NearestTags>;
  /** The next generic file name for these tags, `{tags}_{n}.dat` with n from 1. */
  genericName(tags: readonly string[]): Promise<string>;

  /**
   * Undoes exactly what earlier attempts of this task did, whether they ended well or crashed, in TypeScript or in Python:
   * files written, overwritten and removed, tags added and removed, constants, counters. May itself be killed and run again.
   */
  rollback(): Promise<void>;
  /**
   * Lets go of the earlier versions of files that this task overwrote or removed. Until then a rollback brings them back,
   * for as long as the run's scratch is there; after it the files stay as this task left them.
   */
  commit(): Promise<void>;
  /**
   * Removes everything of this recipe run: files, tags, counters, constants, audit. Tasks that still run are told
   * `SCRATCH_FOLDER_LOST`. Throws `SCRATCH_IN_USE` where new files come faster than they go; a second purge finishes it.
   */
  purge(): Promise<void>;
}

export interface ScratchLanding {
  /** For files on their way. */
  readonly folder: string;
  /** Gives a file of the same file system its name in scratch, in a folder that is there. Throws `SCRATCH_FILE_EXISTS`, `ATTEMPT_FENCED`. */
  land(temporary: string, path: string): Promise<void>;
}

export interface ScratchOptions {
  /** `SCRATCH_BASE_PATH`: runs have their folders in it. */
  readonly basePath: string;
  readonly recipeRunId: number;
  readonly taskName: string;
  /** Stays open when scratch closes. */
  readonly driver: InventoryDriver;
  /** What `raiseFence` gave this attempt; without one no write is fenced. */
  readonly token?: number | undefined;
}

/**
 * Opens a run's scratch for one task, and makes its folder where there is none.
 *
 * @throws FirstlightError SCRATCH_MOVED where the inventory knows the run's files under another folder, SCRATCH_FULL, SCRATCH_READ_ONLY
 */
export async function openScratch(options: ScratchOptions): Promise<Scratch> {
  const { recipeRunId, taskName, driver, token } = options;
  const inventory = inventoryOf(driver, recipeRunId, taskName, token);
  const { keys, fenced } = inventory;
  const named = resolve(options.basePath, String(recipeRunId));
  const folder = await rootOf({ driver, recipeRunId, key: keys.root, folder: named });
  const lookAtFence = () => driver.add([], fenced);
  const folders = attemptFolders({ scratchFolder: folder, taskName, token, lookAtFence });
  const orProblem = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw scratchProblem(folder, error);
    }
  };
  const onDisk = <Result>(work: () => Promise<Result>): Promise<Result> => orProblem(() => folders.guarded(work));
  const paths = await orProblem(async () => {
    await makeFolder(folder);
    await folders.make();
    return scratchPaths(folder, named);
  });
  const files = taskFiles(inventory, folders);
  /** Two writes of one path at once would share one audit, and the loser would take the winner's away. */
  const turn = inTurn();

  const nextName = async (tags: readonly string[]): Promise<string> => {
    const base = genericBaseName(tags);
    return `${base}_${await driver.increment(keys.counter + base, 1, inventory.logged)}.dat`;
  };
  const tagAll = async (files: Iterable<TaggedFiles>): Promise<void> => {
    // An iterator has nothing more to give the second time.
    const tagged = Object.is(files[Symbol.iterator](), files) ? [...files] : files;
    const [given, wanted] = [new Set<string>(), new Set<string>()];
    for (const each of tagged) {
      if (!Array.isArray(each.tags)) requireLegalTags(each.tags);
      for (const path of listOf(each.paths)) given.add(path);
      for (const tag of each.tags) wanted.add(tag);
    }
    requireLegalTags([...wanted]);
    await onDisk(() => paths.requireExisting(given));
    const audit = await inventory.auditOfNewTags([...wanted]);
    if (audit.length > 0) await driver.add(audit, fenced);
    // In portions: of a long night there are millions, and as the audit comes first a crash between two is undone.
    await changeAll(tagged, true);
  };
  /** With a server one portion is made up while the one before is on its way: neither waits for the other. */
  const changeAll = async (tagged: Iterable<TaggedFiles>, gives: boolean): Promise<void> => {
    let before: Promise<void> | undefined;
    try {
      for (const portion of portions(tagged, paths.inside)) {
        const mine = files.changeTags(portion, gives);
        if (driver.isRemote !== true) {
          await mine;
          continue;
        }
        // Whoever waits for it does so later.
        mine.catch(() => {});
        const earlier = before;
        before = mine;
        await earlier;
      }
      await before;
    } catch (error) {
      await Promise.allSettled([before]);
      throw error;
    }
  };

  return {
    folder,
    recipeRunId,
    taskName,
    constants: constantsOf(inventory),
    async write(bytes, tags, { relativePath, overwrite = false } = {}) {
      requireLegalTags(tags);
      return onDisk(async () => {
        for (;;) {
          const path = await paths.forWriting(relativePath ?? (await nextName(tags)));
          try {
            await turn([path], () => files.write(path, bytes, tags, overwrite && relativePath !== undefined));
            return relative(folder, path);
          } catch (error) {
            // A number that somebody else's file has: the next one then.
            if (relativePath !== undefined || !isFirstlightError(error, "SCRATCH_FILE_EXISTS")) throw error;
          }
        }
      });
    },
    reserve: (relativePath, { overwrite = false } = {}) =>
      onDisk(async () => {
        const path = await paths.forWriting(relativePath);
        return turn([path], async () => {
          await files.reserve(path, overwrite);
          return path;
        });
      }),
    landing: {
      folder: folders.staging,
      land: (temporary, path) => onDisk(() => files.land(temporary, paths.inside(path))),
    },
    async adopt(given, tags) {
      requireLegalTags(tags);
      const adopted = await onDisk(() => Promise.all(listOf(given).map(paths.existing)));
      await files.adopt(adopted);
      await tagAll([{ paths: adopted, tags }]);
      files.markMade(adopted);
    },
    tag: (given, tags) => tagAll([{ paths: given, tags }]),
    tagAll,
    async untag(given, tags) {
      if (!Array.isArray(tags)) requireLegalTags(tags);
      const odd = tags.filter((tag) => !isLegalTag(tag));
      if (odd.length > 0) {
        const carried = new Set((await inventory.tagsOf(listOf(given).map(paths.inside))).flat());
        requireLegalTags(odd.filter((tag) => !carried.has(tag)));
      }
      const untagged = listOf(given).map((path) => ({ paths: path, tags }));
      await changeAll(untagged, false);
    },
    remove: (given) =>
      onDisk(async () => {
        const path = await paths.forRemoving(given);
        await turn([path], () => files.remove(path));
      }),

    tags: async (path) => (await inventory.tagsOf([paths.inside(path)]))[0] ?? [],
    tagsOfAll: (given) => inventory.tagsOf(given.map(paths.inside)),
    allTags: inventory.allTags,
    find: async (query) => sortByFileName(await inventory.find(query)),
    findAll: async (queries) => (await inventory.findAll(queries)).map(sortByFileName),
    count: inventory.count,
    nearest: (query) => nearestTags(inventory, query),
    genericName: nextName,

    rollback: () =>
      onDisk(async () => {
        await rollBack(inventory, folders, folder);
        files.forget();
      }),
    async commit() {
      await lookAtFence();
      await onDisk(folders.release);
    },
    async purge() {
      await lookAtFence();
      // Files first: what is left of a purge that was killed between the two is found by its keys, and purged by the next one.
      await orProblem(() => removeScratch(folder));
      const all = await driver.keys(keys.run);
      // The fences go last: until then they hold off attempts that do not know of the end.
      const isFence = (key: string): boolean => key.startsWith(keys.fences);
      for (const group of [all.filter((key) => !isFence(key)), all.filter(isFence)]) {
        for (let start = 0; start < group.length; start += keysPerDrop) {
          await driver.drop(group.slice(start, start + keysPerDrop), fenced);
        }
      }
      inventory.forget();
      files.forget();
    },
    [Symbol.asyncDispose]: folders.close,
  };
}

const keysPerDrop = 5_000;

function listOf(paths: string | readonly string[]): readonly string[] {
  if (typeof paths === "string") return [paths];
  if (Array.isArray(paths)) return paths;
  throw noPaths(paths);
}

const tagsPerPortion = 2_000;

/** What comes for one file in a row stays together. */
function* portions(files: Iterable<TaggedFiles>, inside: (path: string) => string): Generator<TagsOfFiles> {
  let portion = new Map<string, ReadonlySet<string>>();
  let count = 0;
  for (const { paths, tags } of files) {
    if (tags.length === 0) continue;
    const wanted: ReadonlySet<string> = new Set(tags);
    for (const path of listOf(paths)) {
      const absolute = inside(path);
      const before = portion.get(absolute);
      if (before === undefined && count >= tagsPerPortion) {
        yield portion;
        portion = new Map();
        count = 0;
      }
      portion.set(absolute, before === undefined ? wanted : before.union(wanted));
      count += wanted.size;
    }
  }
  if (portion.size > 0) yield portion;
}
