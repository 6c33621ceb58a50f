import { codeOf, FirstlightError, isFirstlightError, messageOf } from "../core/errors.ts";

const remedies: Readonly<Record<string, string>> = {
  EMFILE: "Use fewer threads, or allow the process more open files (ulimit -n).",
  ENFILE: "The system has too many open files.",
  ENOSPC: "Free space on that disk, or name another place.",
  EIO: "Look at the disk.",
};

/**
 * What the operating system says of a file as `FITS_FILE`, with the path and what to do; every other error as it is.
 *
 * @param replacing how to replace a file that is there already
 */
export function fileProblem(
  attempt: "read" | "written",
  path: string,
  error: unknown,
  replacing = "pass overwrite",
): unknown {
  const code = codeOf(error);
  if (typeof code !== "string" || code === "ABORT_ERR") return error;
  // A folder or a pipe is a path that cannot be read, too.
  if (isFirstlightError(error) && code !== "FILE_NOT_REGULAR") return error;
  // What is written is read somewhere: that it cannot be read is no fault of its copy.
  if (attempt === "written" && syscallOf(error) === "read") return error;
  if (attempt === "written" && code === "EEXIST" && syscallOf(error) !== "mkdir") {
    // Of mkdir it is a file where a folder should be.
    return fitsFileError(`The file ${path} is there already. Name another, or ${replacing}.`, path, error);
  }
  const problem = messageOf(error).replace(/\.$/, "");
  const remedy = remedies[code] ?? (attempt === "read" ? "Check the path." : "Name another place.");
  return fitsFileError(`The file ${path} cannot be ${attempt}: ${problem}. ${remedy}`, path, error);
}

/** @param path of the file, where it is about one */
export function fitsFileError(message: string, path?: string, cause?: unknown): FirstlightError {
  return new FirstlightError("FITS_FILE", message, {
    disposition: "invalid",
    fields: path === undefined ? {} : { path },
    cause,
  });
}

function syscallOf(error: unknown): unknown {
  return error instanceof Error && "syscall" in error ? error.syscall : undefined;
}
