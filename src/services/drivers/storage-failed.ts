import { codeOf, FirstlightError, messageOf } from "../../core/errors.ts";
import { diskProblem } from "../../core/file.ts";

/** What was being written, for an error. */
export interface StorageWrite {
  /** The file that was to come to be. */
  readonly path: string;
  /** In words: `the object a/b of the bucket data`. */
  readonly what: string;
  /** The file that it was to be a copy of. */
  readonly from?: string;
  /** Where another place is named. */
  readonly setting: string;
}

type StorageCode = "DISK_FULL" | "OBJECT_STORE_READ_ONLY" | "OBJECT_KEY_CONFLICT" | "OBJECT_STORE_FAILED";

/** How the root of the `fs` object store is named. */
export const storeSetting = "FIRSTLIGHT_OBJECT_STORE_PATH (--output of firstlight run)";

/** Says by name what the file system refused: a full or protected disk, a key in the way of another, a source that cannot be read. */
export function storageFailed({ path, what, from, setting }: StorageWrite, cause: unknown): FirstlightError {
  const code = codeOf(cause);
  const fields = { path, ...(from === undefined ? {} : { from }) };
  const failed = (errorCode: StorageCode, message: string): FirstlightError =>
    new FirstlightError(errorCode, message, { fields, cause });
  if (from !== undefined && cause instanceof Error && "path" in cause && cause.path === from && !("dest" in cause)) {
    return failed(
      "OBJECT_STORE_FAILED",
      `${from} cannot be read: ${messageOf(cause)}. Nothing was written to ${path}.`,
    );
  }
  switch (diskProblem(cause)) {
    case "full":
      return failed(
        "DISK_FULL",
        `The disk is full (${code}): ${what} could not be written to ${path}, and nothing of it stays. Free space there and try again, or let ${setting} name a larger disk.`,
      );
    case "read-only":
      return failed(
        "OBJECT_STORE_READ_ONLY",
        `${what} could not be written to ${path} (${code}). Give this user the right to write there and try again, or let ${setting} name another folder.`,
      );
  }
  if (code === "ENOTDIR" || code === "EISDIR" || code === "EEXIST" || code === "ENOTEMPTY") {
    return failed(
      "OBJECT_KEY_CONFLICT",
      `${path} cannot be written: in a file system a key cannot be an object and the folder of others at once.`,
    );
  }
  return failed("OBJECT_STORE_FAILED", `${what} could not be written to ${path}: ${messageOf(cause)}.`);
}
