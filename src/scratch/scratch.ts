import { randomUUID } from "node:crypto";
import { link, rename, rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { codeOf, isFirstlightError } from "../core/errors.ts";
import { writeFile } from "../core/file.ts";
import { attemptFolders } from "./attempt-folders.ts";
import { type Constants, constantsOf } from "./constants.ts";
import { overLine } from "./file-layers.ts";
import { genericBaseName } from "./generic-name.ts";
import { inTurn } from "./in-turn.ts";
import { inventoryOf, lineOf, type TaggedPath } from "./inventory.ts";
import type { Entry, InventoryDriver } from "./inventory-driver.ts";
import { keepForeign } from "./keep-foreign.ts";
import { type NearestTags, nearestTags } from "./nearest-tags.ts";
import { rollBack } from "./rollback.ts";
import { scratchFileExists, scratchProblem } from "./scratch-errors.ts";
import { exists, makeFolder, scratchPaths } from "./scratch-paths.ts";
import { sortByFileName } from "./sort-by-file-name.ts";
import { requireLegalTags } from "./tag.ts";
import type { TagQuery } from "./tag-query.ts";
import { withdrawLayer } from "./withdraw-layer.ts";

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
 * Throws `SCRATCH_PATH` for a path that leaves scratch, `TAG_ILLEGAL`, `ATTEMPT_FENCED` once a newer attempt of the same task
 * has begun, `SCRATCH_FULL` and `SCRATCH_READ_ONLY`.
 */
export interface Scratch extends AsyncDisposable {
  /** Absolute. */
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
  /** The same for many files with tags of their own, in bulk. `files` is gone through twice, and never held as a whole. */
  tagAll(files: Iterable<TaggedFiles>): Promise<void>;
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
  /** Removes everything of this recipe run: files, tags, counters, constants, audit. */
  purge(): Promise<void>;
}

export interface ScratchLanding {
  /** For files on their way. */
  readonly folder: string;
  /** Gives a file of the same file system its name in scratch, in a folder that is there. Throws `SCRATCH_FILE_EXISTS`, `ATTEMPT_FENCED`. */
  land(temporary: string, path: string): Promise<void>;
}

/** Of a file that is about to come. */
interface Announcement {
  /** One was there, which it replaces. */
  readonly isThere: boolean;
  /** No earlier announcement of the task stands for it. */
  readonly isNew: boolean;
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

/** Opens a run's scratch for one task, and makes its folder where there is none. */
export async function openScratch(options: ScratchOptions): Promise<Scratch> {
  const { recipeRunId, taskName, driver, token } = options;
  const folder = resolve(options.basePath, String(recipeRunId));
  const folders = attemptFolders(folder, taskName, token);
  const onDisk = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw scratchProblem(folder, error);
    }
  };
  const paths = await onDisk(async () => {
    await makeFolder(folder);
    await folders.make();
    return scratchPaths(folder);
  });
  const inventory = inventoryOf(driver, recipeRunId, taskName, token);
  const { keys, journaled, fenced } = inventory;
  /** Files that this task made; their tags need no journal, as they go with them. */
  const created = new Set<string>();
  /** Files of other tasks that this one overwrote or removed. */
  const replaced = new Set<string>();
  /** Places kept for files of a transfer, where none is yet: another task's that comes first is not to be overwritten. */
  const reserved = new Set<string>();
  /** Two writes of one path at once would share one audit, and the loser would take the winner's away. */
  const turn = inTurn();

  /** Whether what is there is this task's, and no other has written over it since. */
  const isOwn = async (path: string): Promise<boolean> => {
    if (!created.has(path)) {
      const isKeeper = replaced.has(path) || (await inventory.holds(keys.kept, path));
      if (!isKeeper && !(await inventory.holds(keys.writeAudit, path))) return false;
      if (isKeeper) replaced.add(path);
    }
    const [over = []] = await inventory.holdersOf(keys.overs, [overLine(taskName, path)]);
    if (over.length === 0 && !replaced.has(path)) return true;
    return withdrawLayer(inventory, folders, path);
  };
  const markReplaced = (path: string): void => {
    created.delete(path);
    replaced.add(path);
  };
  /** Audits a file that is about to come. Another task's file in its place is kept. */
  const announce = async (path: string, tags: readonly string[], overwrite: boolean): Promise<Announcement> => {
    let audit: readonly Entry[] | undefined;
    for (;;) {
      const isThere = await exists(path);
      if (isThere && !overwrite) throw scratchFileExists(path);
      // Where this task's own file is missing another may have removed it.
      const isKnown = isThere || created.has(path) || replaced.has(path);
      const isForeign = isKnown && !(await isOwn(path)) && isThere;
      if (!isThere && !isForeign && replaced.has(path) && !(await inventory.holds(keys.kept, path)))
        replaced.delete(path);
      audit ??= [[keys.writeAudit, path], ...(await inventory.auditOfNewTags(tags))];
      const added = isForeign ? await keepForeign(inventory, folders, path, audit) : await driver.add(audit, fenced);
      if (added === undefined) continue;
      if (isForeign) markReplaced(path);
      return { isThere, isNew: added.some(([key]) => key === keys.writeAudit) };
    }
  };
  /** Puts the file there, which replaces no file but the one that it was announced over. */
  const put = async (path: string, bytes: Uint8Array, tags: readonly string[], overwrite: boolean): Promise<void> => {
    for (;;) {
      const { isThere, isNew } = await announce(path, tags, overwrite);
      try {
        await folders.guarded(() => writeFile(path, bytes, { overwrite: isThere, temporaryFolder: folders.staging }));
        return;
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
        if (isNew) await driver.remove([[keys.writeAudit, path]], fenced);
        // Somebody's file has come meanwhile, or come back.
        if (!overwrite) throw scratchFileExists(path);
      }
    }
  };
  const writeTo = async (
    path: string,
    bytes: Uint8Array,
    tags: readonly string[],
    overwrite: boolean,
  ): Promise<void> => {
    await put(path, bytes, tags, overwrite);
    if (!replaced.has(path)) created.add(path);
    const entries = inventory.entriesOf([...new Set(tags)].map((tag) => [tag, path] as const));
    if (created.has(path)) await inventory.giveOwn(entries);
    else {
      // Whoever gave the old file one of these tags may be undone: the new one keeps it.
      await driver.add(
        entries.map((entry): Entry => [keys.shared, lineOf(entry)]),
        fenced,
      );
      await inventory.add(entries, journaled);
    }
  };
  const nextName = async (tags: readonly string[]): Promise<string> => {
    const base = genericBaseName(tags);
    return `${base}_${await driver.increment(keys.counter + base, 1, journaled)}.dat`;
  };
  const tagAll = async (files: Iterable<TaggedFiles>): Promise<void> => {
    const [given, wanted] = [new Set<string>(), new Set<string>()];
    for (const each of files) {
      for (const path of listOf(each.paths)) given.add(path);
      for (const tag of each.tags) wanted.add(tag);
    }
    requireLegalTags([...wanted]);
    await onDisk(() => paths.requireExisting(given));
    const audit = await inventory.auditOfNewTags([...wanted]);
    if (audit.length > 0) await driver.add(audit, fenced);
    // In portions: of a long night there are millions, and as the audit comes first a crash between two is undone.
    for (const portion of portions(taggedPaths(files, paths.inside), tagsPerPortion)) {
      const [own, foreign] = [true, false].map((isMine) => portion.filter(([, path]) => created.has(path) === isMine));
      await inventory.giveOwn(inventory.entriesOf(own ?? []));
      await inventory.give(inventory.entriesOf(foreign ?? []));
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
            await turn(path, () => writeTo(path, bytes, tags, overwrite && relativePath !== undefined));
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
        return turn(path, async () => {
          await announce(path, [], overwrite);
          if (replaced.has(path)) await folders.discard(path);
          if (!(await exists(path))) reserved.add(path);
          if (!replaced.has(path)) created.add(path);
          return path;
        });
      }),
    landing: {
      folder: folders.staging,
      land: (temporary, given) =>
        onDisk(async () => {
          const path = paths.inside(given);
          const staged = join(folders.staging, randomUUID());
          // Not the folder alone: a newer attempt that has begun has yet to take it away.
          await driver.add([], fenced);
          await folders.guarded(async () => {
            await rename(temporary, staged);
            try {
              if (reserved.has(path)) await link(staged, path);
              else await rename(staged, path);
            } catch (error) {
              if (codeOf(error) === "EEXIST" || (await exists(path))) throw scratchFileExists(path);
              // Linux lets no user link to another user's file that it may not write.
              if (codeOf(error) !== "EPERM") throw error;
              await rename(staged, path);
            } finally {
              await rm(staged, { force: true });
            }
          });
          reserved.delete(path);
        }),
    },
    async adopt(given, tags) {
      requireLegalTags(tags);
      const files = await onDisk(() => Promise.all(listOf(given).map(paths.existing)));
      const announced = files.filter((path) => !created.has(path)).map((path): Entry => [keys.writeAudit, path]);
      await inventory.add(announced, fenced);
      await tagAll([{ paths: files, tags }]);
      for (const path of files) if (!replaced.has(path)) created.add(path);
    },
    tag: (given, tags) => tagAll([{ paths: given, tags }]),
    tagAll,
    async untag(given, tags) {
      const tagged = listOf(given).flatMap((path) => tags.map((tag): TaggedPath => [tag, paths.inside(path)]));
      const entries = inventory.entriesOf(tagged);
      await inventory.remove(entries, journaled);
      // It gave them no more than others did.
      await inventory.remove(
        entries.map((entry): Entry => [keys.shared, lineOf(entry)]),
        fenced,
      );
    },
    remove: (given) =>
      onDisk(async () => {
        const path = await paths.forRemoving(given);
        await turn(path, async () => {
          let isThere = await exists(path);
          while (isThere && !(await isOwn(path))) {
            if ((await keepForeign(inventory, folders, path, [])) !== undefined) {
              markReplaced(path);
              break;
            }
            isThere = await exists(path);
          }
          const isMade = isThere && !replaced.has(path);
          const [tags = []] = await inventory.tagsOf([path]);
          const entries = inventory.entriesOf(tags.map((tag) => [tag, path] as const));
          await driver.remove(entries, isMade ? fenced : journaled);
          await folders.discard(path);
          // As if it had never made one: another may make a file of that name.
          if (isThere) await driver.remove([[keys.writeAudit, path]], fenced);
        });
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
        created.clear();
        replaced.clear();
        reserved.clear();
      }),
    async commit() {
      await driver.add([], fenced);
      await onDisk(folders.release);
    },
    async purge() {
      await driver.add([], fenced);
      await onDisk(() => rm(folder, { recursive: true, force: true }));
      const all = await driver.keys(keys.run);
      // The fences go last: until then they hold off attempts that do not know of the end.
      const isFence = (key: string): boolean => key.startsWith(keys.fences);
      for (const group of [all.filter((key) => !isFence(key)), all.filter(isFence)]) {
        for (let start = 0; start < group.length; start += keysPerDrop) {
          await driver.drop(group.slice(start, start + keysPerDrop), fenced);
        }
      }
      inventory.forget();
      created.clear();
      replaced.clear();
      reserved.clear();
    },
    [Symbol.asyncDispose]: folders.close,
  };
}

const keysPerDrop = 5_000;

function listOf(paths: string | readonly string[]): readonly string[] {
  return typeof paths === "string" ? [paths] : paths;
}

const tagsPerPortion = 1_000;

function* taggedPaths(files: Iterable<TaggedFiles>, inside: (path: string) => string): Generator<TaggedPath> {
  for (const { paths, tags } of files) {
    for (const path of listOf(paths)) {
      const absolute = inside(path);
      for (const tag of tags) yield [tag, absolute];
    }
  }
}

function* portions<Item>(items: Iterable<Item>, size: number): Generator<readonly Item[]> {
  let portion: Item[] = [];
  for (const item of items) {
    portion.push(item);
    if (portion.length < size) continue;
    yield portion;
    portion = [];
  }
  if (portion.length > 0) yield portion;
}
