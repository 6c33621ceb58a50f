import { dirname } from "node:path";
import { codeOf, FirstlightError } from "../core/errors.ts";
import { diskProblem } from "../core/file.ts";

/** Turns what the system says of a full or protected disk into an error that says what to do; others stay as they are. */
export function scratchProblem(folder: string, error: unknown): unknown {
  const code = codeOf(error);
  const problem = diskProblem(error);
  if (problem === "full") {
    return new FirstlightError(
      "SCRATCH_FULL",
      `There is no room left for scratch ${folder} (${code}). Free space there, or let SCRATCH_BASE_PATH name a larger disk; nothing half-written stays.`,
      { disposition: "retry", fields: { folder }, cause: error },
    );
  }
  if (problem === "read-only") {
    return new FirstlightError(
      "SCRATCH_READ_ONLY",
      `Scratch ${folder} cannot be written (${code}). Give this user the right to write there, or let SCRATCH_BASE_PATH name another folder.`,
      { disposition: "fatal", fields: { folder }, cause: error },
    );
  }
  return error;
}

export function scratchFileExists(path: string): FirstlightError {
  return new FirstlightError(
    "SCRATCH_FILE_EXISTS",
    `${path} is in scratch already. Choose another relativePath, leave it out for a name of its own, or write with overwrite: true.`,
    { disposition: "fatal", fields: { path } },
  );
}

export function scratchFileMissing(path: string): FirstlightError {
  return new FirstlightError("SCRATCH_FILE_MISSING", `${path} cannot be tagged: there is no such file in scratch.`, {
    disposition: "fatal",
    fields: { path },
  });
}

export function scratchMoved(recipeRunId: number, root: string, folder: string): FirstlightError {
  return new FirstlightError(
    "SCRATCH_MOVED",
    `The inventory of recipe run ${recipeRunId} knows its files under ${root}, which is not the folder ${folder} that scratch is now. Move it back and let SCRATCH_BASE_PATH name ${dirname(root)}, or begin a new run with --fresh.`,
    { disposition: "invalid", fields: { root, folder } },
  );
}

export function scratchFolderLost(folder: string, cause: unknown): FirstlightError {
  return new FirstlightError(
    "SCRATCH_FOLDER_LOST",
    `The folder of this attempt in scratch ${folder} is gone, and no newer attempt of the task has begun: somebody has removed it, or purged the run, or this scratch was closed. Leave the scratch of a running task alone; the same command makes anew what is gone.`,
    { disposition: "fatal", fields: { folder }, cause },
  );
}

export function scratchInUse(folder: string, cause: unknown): FirstlightError {
  return new FirstlightError(
    "SCRATCH_IN_USE",
    `Scratch ${folder} cannot be purged: new files come into it all the time (${codeOf(cause)}). End the tasks of this recipe run, then purge once more: that removes what is left.`,
    { disposition: "retry", fields: { folder }, cause },
  );
}

/** The type checker keeps it out; who writes JavaScript has none. */
export function noPaths(found: unknown): FirstlightError {
  return new FirstlightError(
    "SCRATCH_PATH",
    `Files are named by a path or a list of paths, and this is neither: ${typeof found === "object" && found !== null ? "an object" : String(found)}. Look at where it comes from.`,
    { disposition: "invalid" },
  );
}
