import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { handleSource, makeFolders, syncPath, temporaryPrefixOf, temporarySuffix } from "../../core/file.ts";
import { type FileFacts, sourceFacts } from "../../core/file-facts.ts";
import type { TransferLanding } from "../transfer.ts";

export interface ReplaceOptions {
  /** Says when the file was modified. */
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** The error for a file that does not read back as it was written. */
  readonly damaged: (found: FileFacts, wanted: WantedFacts) => Error;
  /** Default: the new file is made beside the old one, and renamed. */
  readonly landing?: TransferLanding | undefined;
  /** Called once the new file has been read back, with the name that it still has. */
  readonly beforeRename?: (temporary: string, found: FileFacts) => Promise<void>;
  /** How often a file is written that does not read back as it should; once. */
  readonly attempts?: number;
  /** Called before it is written again, with the number of the attempt that failed. */
  readonly onAgain?: (attempt: number) => void;
  /** Waits until the names in a folder are on the disk; `syncPath`. */
  readonly syncFolder?: (folder: string) => Promise<void>;
}

/** What a file should be; without a SHA-256 its length is all that is known. */
export type WantedFacts = Pick<FileFacts, "sizeBytes"> & { readonly sha256: string | undefined };

/**
 * Gives `path` the file that `write` makes under another name and tells the facts of. It takes its name only if
 * it reads back like that: until then, and if it does not, what was there stays. Resolves to what was read back.
 */
export async function replaceVerified(
  path: string,
  write: (temporary: string) => Promise<WantedFacts>,
  options: ReplaceOptions,
): Promise<FileFacts> {
  const { clock, signal, damaged, landing, beforeRename, attempts = 1, onAgain, syncFolder = syncPath } = options;
  const folder = dirname(path);
  await makeFolders(folder);
  const temporary = join(landing?.folder ?? folder, `${temporaryPrefixOf(path)}${randomUUID()}${temporarySuffix}`);
  let isThere = true;
  try {
    for (let attempt = 1; ; attempt += 1) {
      const wanted = await write(temporary);
      const found = await settledFacts(temporary, clock, signal);
      const isAsWanted = found.sizeBytes === wanted.sizeBytes && found.sha256 === (wanted.sha256 ?? found.sha256);
      if (isAsWanted) {
        await beforeRename?.(temporary, found);
        await (landing?.land ?? rename)(temporary, path);
        isThere = landing !== undefined;
        await syncFolder(folder);
        return found;
      }
      if (attempt >= attempts) throw damaged(found, wanted);
      onAgain?.(attempt);
    }
  } finally {
    if (isThere) await rm(temporary, { force: true });
  }
}

/** The disk takes it while it is read back: what is read comes from memory either way, and the disk's errors are its own to tell. */
async function settledFacts(path: string, clock: Clock, signal: AbortSignal | undefined): Promise<FileFacts> {
  await using handle = await open(path, "r");
  // What is noted of an object holds this time: with a fixed clock it has to come out the same.
  const modifiedAt = clock.now();
  await handle.utimes(modifiedAt, modifiedAt);
  const syncing = handle.sync();
  syncing.catch(() => {});
  try {
    return await sourceFacts(await handleSource(path, handle), signal);
  } finally {
    await syncing;
  }
}
