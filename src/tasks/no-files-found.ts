import { FirstlightError } from "../core/errors.ts";
import { formatQuery, type Scratch, type TagQuery } from "../scratch/scratch.ts";

/** The error of a task that needs a file and finds none: what was asked, which tag failed, and what is nearest to it. */
export async function noFilesFound(scratch: Scratch, query: TagQuery): Promise<FirstlightError> {
  const nearest = await scratch.nearest(query);
  return new FirstlightError("NO_FILES_FOUND", `No file carries ${formatQuery(query)}. ${nearest.explanation}`, {
    fields: { query, nearest },
  });
}
