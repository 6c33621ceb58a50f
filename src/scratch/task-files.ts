import { randomUUID } from "node:crypto";
import { link, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../core/errors.ts";
import { writeFile } from "../core/file.ts";
import type { AttemptFolders } from "./attempt-folders.ts";
import { type ChangeTags, changeTagsOf, clearStaleTags, clearTags } from "./change-tags.ts";
import { fileLayers, overLine } from "./file-layers.ts";
import type { Inventory } from "./inventory.ts";
import type { Entry } from "./inventory-driver.ts";
import { keepForeign, layHand } from "./keep-foreign.ts";
import { scratchFileExists } from "./scratch-errors.ts";
import { exists } from "./scratch-paths.ts";
import { withdrawLayer } from "./withdraw-layer.ts";

/** What one attempt does to files. Paths are absolute, and each is given to one of these at a time. */
export interface TaskFiles {
  readonly changeTags: ChangeTags;
  write(path: string, bytes: Uint8Array, tags: readonly string[], overwrite: boolean): Promise<void>;
  /** Keeps a place for a file of a transfer. */
  reserve(path: string, overwrite: boolean): Promise<void>;
  /** Gives a file of a transfer its name. */
  land(temporary: string, path: string): Promise<void>;
  adopt(paths: readonly string[]): Promise<void>;
  /** Of files that the task brought itself: their tags go with them. */
  markMade(paths: readonly string[]): void;
  remove(path: string): Promise<void>;
  /** Forgets whose files are whose: after a rollback. */
  forget(): void;
}

/** Of a file that is about to come. */
interface Announcement {
  /** One was there, which it replaces. */
  readonly isThere: boolean;
  /** No earlier announcement of the task stands for it. */
  readonly isNew: boolean;
}

export function taskFiles(inventory: Inventory, folders: AttemptFolders): TaskFiles {
  const { driver, keys, fenced, taskName } = inventory;
  /** Files that this task made. */
  const created = new Set<string>();
  /** Files of other tasks that this one overwrote or removed. */
  const replaced = new Set<string>();
  /** Places kept for files of a transfer, where none is yet: another task's that comes first is not to be overwritten. */
  const reserved = new Set<string>();
  const changeTags = changeTagsOf(inventory, (path) => created.has(path));

  /** Whether what is there is this task's, and no other has written over it since. */
  const isOwn = async (path: string): Promise<boolean> => {
    if (!created.has(path)) {
      // Not by what it remembers: the rollback of another may have left the file to it, and its new writing have taken its part away.
      const isKeeper = await inventory.holds(keys.kept, path);
      if (isKeeper) replaced.add(path);
      else replaced.delete(path);
      if (!isKeeper && !(await inventory.holds(keys.writeAudit, path))) return false;
    }
    const [over = []] = await inventory.holdersOf(keys.overs, [overLine(taskName, path)]);
    if (over.length === 0 && !replaced.has(path)) return true;
    return withdrawLayer(inventory, folders, path);
  };
  const markReplaced = (path: string): void => {
    created.delete(path);
    replaced.add(path);
  };
  const markMade = (path: string): void => {
    if (!replaced.has(path)) created.add(path);
  };
  /** Where the task removed a file and keeps none, having made it, or having given the one below away, it makes a new one. */
  const forgetNothingKept = async (path: string): Promise<void> => {
    if (await (await folders.keptFiles()).has(path)) return;
    const { under } = await fileLayers(inventory, [path]);
    const over = Array.from(under(path, taskName), (task): Entry => [keys.over, overLine(task, path)]);
    await driver.remove([[keys.kept, path], ...over], fenced);
    replaced.delete(path);
  };
  /** Tells what comes with a file where nobody else has been. Undefined where others have: then nothing is told. */
  const tell = async (path: string, audit: readonly Entry[]): Promise<readonly Entry[] | undefined> => {
    const entries = audit.map((entry) => ({ entry, to: true }));
    const records = [{ key: keys.history, field: path, from: undefined, to: undefined }];
    const done = await driver.exchange({ entries, records }, fenced);
    return done.isDone ? done.changed : undefined;
  };
  /** Audits a file that is about to come. Another task's file in its place is kept. */
  const announce = async (path: string, tags: readonly string[], overwrite: boolean): Promise<Announcement> => {
    let audit: readonly Entry[] | undefined;
    for (;;) {
      const isThere = await exists(path);
      if (isThere && !overwrite) throw scratchFileExists(path);
      // Where this task's own file is missing another may have removed it.
      const isKnown = isThere || created.has(path) || replaced.has(path);
      let isMine = isKnown && (await isOwn(path));
      const isForeign = isThere && !isMine;
      if (!isThere && replaced.has(path)) await forgetNothingKept(path);
      audit ??= [[keys.writeAudit, path], ...(await inventory.auditOfNewTags(tags))];
      let added = isForeign ? await keepForeign(inventory, folders, path, audit) : await tell(path, audit);
      if (added === undefined) {
        if (isForeign) continue;
        // So may a file that an earlier scratch of the task made.
        if (!isKnown) isMine = await isOwn(path);
        if (replaced.has(path)) await forgetNothingKept(path);
        added = (await layHand(inventory, path, audit, { isToCome: true, isOwn: isMine })).changed;
      }
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

  return {
    changeTags,
    async write(path, bytes, tags, overwrite) {
      await put(path, bytes, tags, overwrite);
      markMade(path);
      await changeTags(new Map([[path, new Set(tags)]]), true);
    },
    async reserve(path, overwrite) {
      await announce(path, [], overwrite);
      if (replaced.has(path)) await folders.discard(path);
      if (!(await exists(path))) reserved.add(path);
      markMade(path);
    },
    async land(temporary, path) {
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
    },
    async adopt(paths) {
      const announced = paths.filter((path) => !created.has(path)).map((path): Entry => [keys.writeAudit, path]);
      await inventory.add(announced, fenced);
    },
    markMade: (paths) => paths.forEach(markMade),
    async remove(path) {
      let isThere = await exists(path);
      while (isThere && !(await isOwn(path))) {
        if ((await keepForeign(inventory, folders, path, [])) !== undefined) {
          markReplaced(path);
          break;
        }
        isThere = await exists(path);
      }
      const isOver = isThere && (await clearTags(inventory, path, !replaced.has(path)));
      if (!isThere) await clearStaleTags(inventory, path);
      await folders.discard(path);
      if (isOver) markReplaced(path);
      created.delete(path);
      // As if it had never made one: another may make a file of that name.
      if (isThere) await driver.remove([[keys.writeAudit, path]], fenced);
    },
    forget() {
      for (const paths of [created, replaced, reserved]) paths.clear();
    },
  };
}
