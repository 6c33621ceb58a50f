import { relative } from "node:path";
import { FirstlightError } from "../core/errors.ts";
import { formatQuery, type Scratch, type TagQuery } from "../scratch/scratch.ts";

const shown = 3;

/** The error of a task that asks for one file and finds several: what was asked, and which there are. */
export function severalFilesFound(scratch: Scratch, query: TagQuery, paths: readonly string[]): FirstlightError {
  const names = paths.map((path) => relative(scratch.folder, path));
  const some = [...names.slice(0, shown), ...(names.length > shown ? ["…"] : [])].join(", ");
  return new FirstlightError(
    "SEVERAL_FILES_FOUND",
    `${scratch.taskName} asked for the one file that carries ${formatQuery(query)} and found ${paths.length}: ${some}. Add a tag that tells them apart, or read them all with read().`,
    { fields: { query, paths } },
  );
}
