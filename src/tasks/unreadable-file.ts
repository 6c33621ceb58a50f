import { relative } from "node:path";
import { codeOf, FirstlightError, isFirstlightError } from "../core/errors.ts";
import { Tag } from "../scratch/tag.ts";

/** A file of scratch that could not be read, by its absolute path and with its tags. */
export interface UnreadFile {
  readonly path: string;
  readonly folder: string;
  readonly tags: readonly string[];
}

/**
 * What a task is told of a file that the inventory knows and that cannot be read: where it is gone or damaged, how to get it
 * back. Any other error stays as it is.
 */
export function unreadableFile(error: unknown, { path, folder, tags }: UnreadFile): unknown {
  const name = relative(folder, path);
  if (error instanceof Error && codeOf(error) === "ENOENT" && "path" in error && error.path === path) {
    return new FirstlightError(
      "SCRATCH_FILE_MISSING",
      `${name} carries tags, and is not in scratch (${folder}): it was removed since. The same command again makes it anew, with all that comes of it.`,
      { fields: { path, tags }, cause: error },
    );
  }
  // What came in is told of with its own advice.
  if (!isFirstlightError(error) || !error.code.startsWith("FITS_") || tags.includes(Tag.input())) return error;
  return new FirstlightError(
    "SCRATCH_FILE_DAMAGED",
    `${error.message} The file is of this run's making: if it was damaged since, remove it (${path}), and the same command makes it anew.`,
    { fields: { path, tags, code: error.code }, cause: error },
  );
}
