import { FirstlightError } from "../core/errors.ts";
import { formatQuery, type Scratch, type TagQuery } from "../scratch/scratch.ts";

/** The error of a task that needs a file and finds none: what was asked, which tag failed, and what is nearest to it. */
export async function noFilesFound(scratch: Scratch, query: TagQuery): Promise<FirstlightError> {
  const nearest = await scratch.nearest(query);
  const asked = formatQuery(query);
  // Of a single tag the explanation begins with the same.
  const isSaid = nearest.explanation.startsWith(`No file carries ${asked} at all`);
  const message = isSaid ? nearest.explanation : `No file carries ${asked}. ${nearest.explanation}`;
  return new FirstlightError("NO_FILES_FOUND", message, {
    fields: { query, nearest },
  });
}
