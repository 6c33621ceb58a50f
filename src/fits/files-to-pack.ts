import { basename, dirname, join, resolve } from "node:path";
import { inspect } from "node:util";
import type { FirstlightError } from "../core/errors.ts";
import { realPath } from "../core/file.ts";
import { fitsFileError } from "./file-problem.ts";

/** A file to be packed, and where its packed copy is to be. */
export interface FileToPack {
  readonly from: string;
  readonly to: string;
}

/**
 * The list, where every copy has a place of its own, and none is that of another file that is to be packed.
 *
 * @throws FirstlightError FITS_FILE for a list that is none, and for copies that would replace each other or what is to be packed
 */
export async function filesToPack(
  files: Iterable<FileToPack> | AsyncIterable<FileToPack>,
  signal: AbortSignal | undefined,
): Promise<readonly FileToPack[]> {
  signal?.throwIfAborted();
  if (!isIterable(files)) throw noFile(files);
  const list: FileToPack[] = [];
  for await (const file of files) {
    signal?.throwIfAborted();
    if (typeof file?.from !== "string" || typeof file.to !== "string") throw noFile(file);
    list.push({ from: file.from, to: file.to });
  }
  const placeOf = placesInFolders();
  // A copy takes the place of a link, and that of the file that a link leads to.
  const sources = new Map(list.flatMap(({ from }) => [realPath(from), placeOf(from)].map((path) => [path, from])));
  const copies = new Map<string, string>();
  for (const { from, to } of list) {
    const place = placeOf(to);
    const before = copies.get(place);
    if (before !== undefined) {
      throw fitsFileError(`Of ${before} and of ${from} the copy would be ${to}. Give each a name of its own.`, to);
    }
    const replaced = sources.get(place);
    if (replaced !== undefined && replaced !== from) {
      throw fitsFileError(
        `The copy of ${from} would be ${to}, which is to be packed itself. Give it another name.`,
        to,
      );
    }
    copies.set(place, from);
  }
  return list;
}

/** Where paths lie whose last name is taken as it is: links among the folders are followed, each folder's once. */
function placesInFolders(): (path: string) => string {
  const folders = new Map<string, string>();
  return (path) => {
    const folder = dirname(resolve(path));
    const real = folders.get(folder) ?? realPath(folder);
    folders.set(folder, real);
    return join(real, basename(path));
  };
}

function isIterable(files: unknown): boolean {
  if (typeof files !== "object" || files === null) return false;
  return Symbol.iterator in files || Symbol.asyncIterator in files;
}

function noFile(found: unknown): FirstlightError {
  return fitsFileError(`Files to be packed are a list of { from, to }, two paths each; found ${inspect(found)}.`);
}
