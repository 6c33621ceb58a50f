import { randomUUID } from "node:crypto";
import { rename, rm, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { makeFolders, syncPath, temporaryPrefixOf, temporarySuffix } from "../../core/file.ts";
import { type FileFacts, fileFacts } from "../../core/file-facts.ts";
import type { TransferLanding } from "../transfer.ts";

export interface ReplaceOptions {
  /** Says when the file was modified. */
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** The error for a file that does not read back as it was written. */
  readonly damaged: (found: FileFacts, wanted: FileFacts) => Error;
  /** Default: the new file is made beside the old one, and renamed. */
  readonly landing?: TransferLanding | undefined;
  /** Called once the new file has been read back, with the name that it still has. */
  readonly beforeRename?: (temporary: string) => Promise<void>;
}

/**
 * Gives `path` the file that `write` makes under another name and tells the facts of. It takes its name only if
 * it reads back like that: until then, and if it does not, what was there stays.
 */
export async function replaceVerified(
  path: string,
  write: (temporary: string) => Promise<FileFacts>,
  { clock, signal, damaged, landing, beforeRename }: ReplaceOptions,
): Promise<FileFacts> {
  const folder = dirname(path);
  await makeFolders(folder);
  const temporary = join(landing?.folder ?? folder, `${temporaryPrefixOf(path)}${randomUUID()}${temporarySuffix}`);
  try {
    const wanted = await write(temporary);
    // What is noted of an object holds this time: with a fixed clock it has to come out the same.
    const modifiedAt = clock.now();
    await utimes(temporary, modifiedAt, modifiedAt);
    await syncPath(temporary);
    const found = await fileFacts(temporary, signal);
    if (found.sha256 !== wanted.sha256 || found.sizeBytes !== wanted.sizeBytes) throw damaged(found, wanted);
    await beforeRename?.(temporary);
    await (landing?.land ?? rename)(temporary, path);
    await syncPath(folder);
    return wanted;
  } finally {
    await rm(temporary, { force: true });
  }
}
