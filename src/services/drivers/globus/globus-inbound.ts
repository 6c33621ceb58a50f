import type { Stats } from "node:fs";
import { lstat, rename, rm } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { isFirstlightError, isMissing } from "../../../core/errors.ts";
import { makeFolders, syncPath, temporaryPrefixOf, temporarySuffix } from "../../../core/file.ts";
import { uuidFrom } from "../../../core/ids.ts";
import { inParallel } from "../../../core/in-parallel.ts";
import type { TransferItem } from "../../transfer.ts";
import { bucketFolder, keyPath } from "../fs/fs-bucket.ts";
import { storageFailed } from "../storage-failed.ts";
import { folderForBucket } from "../transfer-failed.ts";
import type { GlobusLeg, PlannedFile } from "./globus-leg.ts";
import { filesListedBelow, listedSizes } from "./globus-listing.ts";
import type { GlobusSession } from "./globus-session.ts";

/** Enough to keep a disk busy, and few enough for the files that a process may have open. */
const filesAtOnce = 16;

/**
 * From the object store to scratch. Globus writes in place, so it is given another name beside the file's own, which the file takes
 * once its task has succeeded. Each task has names of its own, by the mark in its label, so that no two of them write one file; what one
 * that has ended left half done, the next takes over instead of beginning anew. So it is not in an attempt's own folder, as a file on its
 * way otherwise is: who may give it its name is decided then.
 */
export function globusInbound(
  session: GlobusSession,
  { objectStoreEndpoint, scratchEndpoint }: { readonly objectStoreEndpoint: string; readonly scratchEndpoint: string },
): GlobusLeg {
  return {
    sourceCollection: objectStoreEndpoint,
    destinationCollection: scratchEndpoint,
    setting: "SCRATCH_ENDPOINT",

    async plan(items) {
      const missing: string[] = [];
      const files: PlannedFile[] = [];
      const single = items.filter(({ recursive }) => recursive !== true);
      const sizes = await listedSizes(session, objectStoreEndpoint, single.map(sourceOf));
      for (const item of items) {
        const from = sourceOf(item);
        if (item.recursive === true) {
          const below = await filesListedBelow(session, objectStoreEndpoint, from);
          if (below === undefined) missing.push(from);
          for (const { path, sizeBytes } of below ?? []) {
            files.push({ from: `${from}/${path}`, to: join(item.path, path), sizeBytes });
          }
          continue;
        }
        const sizeBytes = sizes.get(from);
        if (sizeBytes === undefined) missing.push(from);
        else files.push({ from, to: item.path, sizeBytes });
      }
      return { files, missing };
    },

    async prepare(files, mark, ended) {
      for (const folder of new Set(files.map(({ to }) => dirname(to)))) {
        await onDisk(folder, "the folder", () => makeFolders(folder));
      }
      return inParallel(files, filesAtOnce, async ({ from, to, sizeBytes }) => {
        const temporary = temporaryOf(to, mark);
        for (const earlier of ended) await takeOver(temporaryOf(to, earlier), temporary);
        const there = await stateOf(to);
        // A file of the right length may be the right one, which Globus finds out by its checksum and then leaves alone.
        const isCandidate = there?.isFile() === true && there.size === sizeBytes && there.nlink === 1;
        if (isCandidate) await rm(temporary, { force: true });
        return { source: from, destination: isCandidate ? to : temporary };
      });
    },

    async settle(files, mark) {
      const left: PlannedFile[] = [];
      const changed = new Set<string>();
      await inParallel(files, filesAtOnce, async (file) => {
        const temporary = temporaryOf(file.to, mark);
        const brought = await stateOf(temporary);
        if (brought === undefined) {
          const there = await stateOf(file.to);
          if (there?.isFile() !== true || there.size !== file.sizeBytes) left.push(file);
          return;
        }
        if (brought.size !== file.sizeBytes) {
          left.push(file);
          return;
        }
        await onDisk(file.to, `the copy of ${file.from}`, async () => {
          try {
            await syncPath(temporary);
            await (session.landing?.land ?? rename)(temporary, file.to);
            changed.add(dirname(file.to));
          } catch (error) {
            // Another process that waited for the same task may have given it its name: the next look finds the file, or brings it.
            if (!isMissing(error) || (await stateOf(temporary)) !== undefined) throw error;
            left.push(file);
          }
        });
      });
      for (const folder of changed) await syncPath(folder);
      return left;
    },

    async discard(files, marks) {
      const paths = files.flatMap(({ to }) => marks.map((mark) => temporaryOf(to, mark)));
      await inParallel(paths, filesAtOnce, (path) => rm(path, { force: true }));
    },
  };
}

function sourceOf({ bucket, key }: TransferItem): string {
  if (isAbsolute(bucket)) throw folderForBucket(bucket);
  return keyPath(bucketFolder("/", bucket), key);
}

/** The name that the temporary files of all writers have, so that a rollback finds it. */
function temporaryOf(path: string, mark: string): string {
  return join(dirname(path), `${temporaryPrefixOf(path)}${uuidFrom(`globus ${mark}`)}${temporarySuffix}`);
}

/** Of several that want it one gets it. */
async function takeOver(left: string, temporary: string): Promise<void> {
  try {
    await rename(left, temporary);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function stateOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function onDisk<Result>(path: string, what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isFirstlightError(error)) throw error;
    throw storageFailed({ path, what, setting: "SCRATCH_BASE_PATH" }, error);
  }
}
