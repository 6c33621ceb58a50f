import { createHash, randomUUID } from "node:crypto";
import { copyFile, link, lstat, readdir, rename, rm, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../core/errors.ts";
import { syncPath } from "../core/file.ts";
import { attemptFenced } from "./attempt-fenced.ts";
import { makeFolder, privateFolder } from "./scratch-paths.ts";

/**
 * Two folders of each attempt in the private part of scratch: one where its files are written before they get their names, one
 * that keeps what it overwrites or removes. Rollback takes both away from every earlier attempt, after which such an attempt can
 * put no file into scratch and take none out of it, however long it slept: the file system refuses.
 */
export interface AttemptFolders {
  /** Where temporary files go. */
  readonly staging: string;
  /** Throws `ATTEMPT_FENCED` for work that fails because a newer attempt took these folders away. */
  guarded<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Makes both folders. */
  make(): Promise<void>;
  /** Keeps the file as it is now, and lets it stay; what was kept before stays kept. A link, not a copy. */
  keep(path: string): Promise<void>;
  /** Moves the file away and keeps it. False when there is none. */
  keepAway(path: string): Promise<boolean>;
  /** Moves the file away for good; one that is not there is no error. */
  discard(path: string): Promise<void>;
  /** Ends what earlier attempts of this task, and this one, may still do; resolves to what they kept. */
  takeOver(): Promise<KeptFiles>;
  /** Lets go of everything that was kept. */
  release(): Promise<void>;
  /** Removes the empty folders of this attempt. */
  close(): Promise<void>;
}

export interface KeptFiles {
  /** Puts a kept file back. False where none was kept. */
  restore(path: string): Promise<boolean>;
  /** Removes what was not put back. */
  clear(): Promise<void>;
}

/** @param token numbers the attempt among those of its task */
export function attemptFolders(scratchFolder: string, taskName: string, token: number | undefined): AttemptFolders {
  const attempt = token === undefined ? `0.${Date.now()}.${randomUUID()}` : String(token);
  const newest = token ?? Number.POSITIVE_INFINITY;
  const task = join(scratchFolder, privateFolder, encodeURIComponent(taskName));
  const stagings = join(task, "staging");
  const keeps = join(task, "kept");
  const staging = join(stagings, attempt);
  const kept = join(keeps, attempt);

  const guarded = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      const isTaken = !(await isFolder(staging)) || !(await isFolder(kept));
      throw isTaken ? attemptFenced("its folders in scratch were taken away", error) : error;
    }
  };
  const discard = async (path: string): Promise<void> => {
    const to = `${join(kept, nameOf(path))}.discarded`;
    await guarded(async () => {
      await rename(path, to);
      await unlink(to);
    });
  };
  const make = async (): Promise<void> => {
    await makeFolder(staging);
    await makeFolder(kept);
  };
  return {
    staging,
    guarded,
    make,
    async keep(path) {
      await guarded(async () => {
        const to = join(kept, nameOf(path));
        try {
          await link(path, to);
        } catch (error) {
          if (codeOf(error) === "EEXIST") return;
          // Linux lets no user link to another user's file that it may not write.
          if (codeOf(error) !== "EPERM") throw error;
          await copyFile(path, `${to}.part`);
          await rename(`${to}.part`, to);
        }
      });
      await syncPath(kept);
    },
    async keepAway(path) {
      if (!(await isFile(path))) return false;
      const to = join(kept, nameOf(path));
      // The version that is kept already is the one to bring back.
      if (await isFile(to)) await discard(path);
      else await guarded(() => rename(path, to));
      await syncPath(kept);
      return true;
    },
    async discard(path) {
      if (await isFile(path)) await discard(path);
    },
    async takeOver() {
      for (const folder of await close(stagings, newest)) await rm(folder, { recursive: true, force: true });
      const folders = await close(keeps, newest);
      await make();
      return {
        async restore(path) {
          const places = folders.map((folder) => join(folder, nameOf(path)));
          const versions: string[] = [];
          for (const place of places) if (await isFile(place)) versions.push(place);
          const [oldest, ...newer] = versions;
          if (oldest === undefined) return false;
          // The one to bring back goes last: killed before that, a second rollback finds it still.
          for (const version of newer) await unlink(version);
          await rename(oldest, path);
          return true;
        },
        async clear() {
          for (const folder of folders) await rm(folder, { recursive: true, force: true });
        },
      };
    },
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
  const closed = (await readdir(parent).catch(() => [])).filter((name) => name.endsWith(closedSuffix));
  return closed.sort((a, b) => ageOf(a) - ageOf(b) || (a < b ? -1 : 1)).map((name) => join(parent, name));
}

const closedSuffix = ".closed";

/** Attempts are numbered; the first to keep a file kept the version that was there before all of them. */
function ageOf(name: string): number {
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

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
