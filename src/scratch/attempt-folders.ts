import { createHash, randomUUID } from "node:crypto";
import { copyFile, link, lstat, readdir, rename, rm, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf, isFirstlightError, isMissing } from "../core/errors.ts";
import { syncPath } from "../core/file.ts";
import { attemptFenced } from "./attempt-fenced.ts";
import { scratchFolderLost } from "./scratch-errors.ts";
import { exists, makeFolder, privateFolder } from "./scratch-paths.ts";

/**
 * Two folders of each attempt in the private part of scratch: one where its files are written before they get their names, one
 * that keeps what it overwrites or removes. Rollback takes both away from every earlier attempt, after which such an attempt can
 * put no file into scratch and take none out of it, however long it slept: the file system refuses.
 */
export interface AttemptFolders {
  /** Where temporary files go. */
  readonly staging: string;
  /** For work that fails because these folders are gone: throws `ATTEMPT_FENCED` where a newer attempt took them, else `SCRATCH_FOLDER_LOST`. */
  guarded<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Makes both folders. */
  make(): Promise<void>;
  /**
   * Keeps the file as it is now, and lets it stay; what was kept before stays kept. A link, not a copy. False where there is none
   * any more.
   */
  keep(path: string): Promise<boolean>;
  /**
   * Moves the file away for good; one that is not there is no error. With `seen`, what `identityOf` said of it: where by now another
   * file has the name, that one gets it back.
   */
  discard(path: string, seen?: string): Promise<Discarded>;
  /** Whether the file is the very one that another task keeps: that task has not replaced it, or not yet. */
  isKeptBy(taskName: string, path: string): Promise<boolean>;
  /** Lets go of the version that another task keeps. */
  letGo(taskName: string, path: string): Promise<void>;
  /** Ends what earlier attempts of this task, and this one, may still do; resolves to what they kept. */
  takeOver(): Promise<KeptFiles>;
  /** What this task keeps. */
  keptFiles(): Promise<KeptFiles>;
  /** Lets go of everything that was kept. */
  release(): Promise<void>;
  /** Removes the empty folders of this attempt. */
  close(): Promise<void>;
}

export type Discarded = "moved" | "gone" | "another's";

export interface KeptFiles {
  has(path: string): Promise<boolean>;
  /** Whether the file is the kept version itself: it was never replaced, or is back. */
  isBack(path: string): Promise<boolean>;
  /** Gives a kept file its name back, and keeps it still. False where another has that name. */
  restore(path: string): Promise<boolean>;
  /** Lets go of what is kept of this file. */
  letGo(path: string): Promise<void>;
  /** Gives these files back what a rollback that was killed had taken for its own without being sure yet. */
  giveBackTaken(paths: Iterable<string>): Promise<void>;
  /** Gives a kept file to another task, to be the version that its rollback brings back. */
  handOver(path: string, taskName: string): Promise<void>;
  /** Removes what was not put back. */
  clear(): Promise<void>;
}

export interface AttemptFoldersOptions {
  readonly scratchFolder: string;
  readonly taskName: string;
  /** Numbers the attempt among those of its task. */
  readonly token: number | undefined;
  /** Throws `ATTEMPT_FENCED` once a newer attempt has begun. */
  lookAtFence(): Promise<unknown>;
}

export function attemptFolders({ scratchFolder, taskName, token, lookAtFence }: AttemptFoldersOptions): AttemptFolders {
  const attempt = token === undefined ? `0.${Date.now()}.${randomUUID()}` : String(token);
  const newest = token ?? Number.POSITIVE_INFINITY;
  const folderOf = (name: string): string => join(scratchFolder, privateFolder, encodeURIComponent(name));
  const keepsOf = (name: string): string => join(folderOf(name), "kept");
  const task = folderOf(taskName);
  const stagings = join(task, "staging");
  const keeps = keepsOf(taskName);
  const staging = join(stagings, attempt);
  const kept = join(keeps, attempt);

  const guarded = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      if (isFirstlightError(error, "ATTEMPT_FENCED") || ((await isFolder(staging)) && (await isFolder(kept))))
        throw error;
      await lookAtFence();
      // Without a number only the folders tell that a newer attempt has begun.
      if (token === undefined && (await isFolder(task))) {
        throw attemptFenced("its folders in scratch were taken away", error);
      }
      throw isFirstlightError(error) || !isMissing(error) ? error : scratchFolderLost(scratchFolder, error);
    }
  };
  const discard = async (path: string, seen?: string): Promise<Discarded> => {
    // Its name tells a rollback that finds it which file it was to be.
    const to = `${join(kept, nameOf(path))}.${seen ?? anyFile}${takenSuffix}`;
    const isMoved = await guarded(() => rename(path, to)).then(
      () => true,
      async (error: unknown) => {
        // Whoever removed it was quicker.
        if (codeOf(error) !== "ENOENT" || (await exists(path))) throw error;
        return false;
      },
    );
    return isMoved ? settle(to, path, seen) : "gone";
  };
  const make = async (): Promise<void> => {
    await makeFolder(staging);
    await makeFolder(kept);
  };
  const keptIn = (folders: readonly string[]): KeptFiles => ({
    has: async (path) => (await versionsOf(path, folders)).length > 0,
    async isBack(path) {
      const [oldest] = await versionsOf(path, folders);
      return oldest !== undefined && (await isSameFile(oldest, path));
    },
    async restore(path) {
      const [oldest] = await versionsOf(path, folders);
      if (oldest === undefined) return true;
      return (await linkTo(oldest, path)) || (await isSameFile(oldest, path));
    },
    async letGo(path) {
      // The one to bring back goes last: killed before that, a second rollback finds it still.
      for (const version of (await versionsOf(path, folders)).toReversed()) await rm(version, { force: true });
    },
    async giveBackTaken(paths) {
      const taken: { folder: string; name: string }[] = [];
      for (const folder of folders) {
        for (const name of await readdir(folder)) if (name.endsWith(takenSuffix)) taken.push({ folder, name });
      }
      if (taken.length === 0) return;
      const byName = new Map(Array.from(paths, (path) => [nameOf(path), path]));
      for (const { folder, name } of taken) {
        const [of = "", seen] = name.slice(0, -takenSuffix.length).split(".");
        const path = byName.get(of);
        if (path !== undefined) await settle(join(folder, name), path, seen === anyFile ? undefined : seen);
      }
    },
    async handOver(path, heir) {
      const [oldest, ...newer] = await versionsOf(path, folders);
      if (oldest === undefined) return;
      for (const version of newer) await unlink(version);
      for (;;) {
        const [place] = await versionsOf(path, await foldersIn(keepsOf(heir)));
        const to = place ?? join(keepsOf(heir), inheritedFolder, nameOf(path));
        try {
          await makeFolder(dirname(to));
          await rename(oldest, to);
          return;
        } catch (error) {
          // The other task has just closed its folders: they have other names now.
          if (codeOf(error) !== "ENOENT" || !(await isFile(oldest))) throw error;
        }
      }
    },
    async clear() {
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    },
  });
  return {
    staging,
    guarded,
    make,
    async keep(path) {
      try {
        await guarded(() => linkTo(path, join(kept, nameOf(path))));
      } catch (error) {
        if (codeOf(error) !== "ENOENT" || (await exists(path))) throw error;
        return false;
      }
      await guarded(() => syncPath(kept));
      return true;
    },
    discard: async (path, seen) => ((await isFile(path)) ? discard(path, seen) : "gone"),
    async isKeptBy(other, path) {
      const [place] = await versionsOf(path, await foldersIn(keepsOf(other)));
      return place !== undefined && (await isSameFile(place, path));
    },
    async letGo(other, path) {
      for (const place of await versionsOf(path, await foldersIn(keepsOf(other)))) await rm(place, { force: true });
    },
    async takeOver() {
      for (const folder of await close(stagings, newest)) await rm(folder, { recursive: true, force: true });
      const folders = await close(keeps, newest);
      await make();
      return keptIn(folders);
    },
    keptFiles: async () => keptIn(await foldersIn(keeps)),
    async release() {
      for (const folder of await close(keeps, newest)) await rm(folder, { recursive: true, force: true });
      await make();
    },
    async close() {
      for (const folder of [staging, kept, stagings, keeps, task, join(scratchFolder, privateFolder)]) {
        // One that holds something, or is shared with others, stays.
        await rmdir(folder).catch(() => undefined);
      }
    },
  };
}

/** Which file of the file system is at this path, whatever its name. Undefined where none is. */
export async function identityOf(path: string): Promise<string | undefined> {
  const found = await lstat(path, { bigint: true }).catch(() => undefined);
  return found === undefined ? undefined : `${found.dev}-${found.ino}`;
}

/** What was moved away is let go, unless it is not the file that was seen: then it has its name again, if that is still free. */
async function settle(taken: string, path: string, seen: string | undefined): Promise<Discarded> {
  const isSeen = seen === undefined || (await identityOf(taken)) === seen;
  if (!isSeen) await linkTo(taken, path);
  await unlink(taken);
  return isSeen ? "moved" : "another's";
}

/** A second name for a file, or a copy. False where the name is taken. */
async function linkTo(path: string, to: string): Promise<boolean> {
  try {
    await link(path, to);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    // Linux lets no user link to another user's file that it may not write.
    if (codeOf(error) !== "EPERM") throw error;
  }
  const part = `${to}.${randomUUID()}.part`;
  await copyFile(path, part);
  await rename(part, to);
  return true;
}

/**
 * Renames the folders in `parent` of attempts up to `newest`, so that whoever knows an old name is shut out, and lists them,
 * oldest first.
 */
async function close(parent: string, newest: number): Promise<readonly string[]> {
  const names = await readdir(parent).catch((error: unknown): string[] => {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
  for (const name of names.filter((one) => !one.endsWith(closedSuffix) && ageOf(one) <= newest)) {
    await rename(join(parent, name), join(parent, `${name}.${Date.now()}.${randomUUID()}${closedSuffix}`));
  }
  return (await foldersIn(parent)).filter((folder) => folder.endsWith(closedSuffix));
}

/** The folders of all attempts, oldest first. */
async function foldersIn(parent: string): Promise<readonly string[]> {
  const names = await readdir(parent).catch(() => []);
  return names.sort((a, b) => ageOf(a) - ageOf(b) || (a < b ? -1 : 1)).map((name) => join(parent, name));
}

/** Where these folders keep a version of the file, the one to bring back first. */
async function versionsOf(path: string, folders: readonly string[]): Promise<readonly string[]> {
  const versions: string[] = [];
  for (const folder of folders) {
    const place = join(folder, nameOf(path));
    if (await isFile(place)) versions.push(place);
  }
  return versions;
}

/** For what was handed over to a task: older than its attempts. */
const inheritedFolder = "inherited";

const closedSuffix = ".closed";

/** For files that were moved away and are yet to be looked at. */
const takenSuffix = ".taken";

const anyFile = "any";

/** Attempts are numbered; the first to keep a file kept the version that was there before all of them. */
function ageOf(name: string): number {
  if (name.startsWith(inheritedFolder)) return -1;
  return Number.parseInt(name, 10) || 0;
}

function nameOf(path: string): string {
  return createHash("sha256").update(path).digest("hex");
}

async function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => !found.isDirectory(),
    () => false,
  );
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => lstat(path, { bigint: true }).catch(() => undefined)));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
