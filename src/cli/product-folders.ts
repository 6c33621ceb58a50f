import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { recipeRunIdOf } from "../parsing/dataset-id.ts";

/** A folder of the object store that holds the products of one recipe run. */
export interface ProductFolder {
  readonly folder: string;
  readonly files: number;
  readonly sizeBytes: number;
}

/** How far below the root the folder of a dataset lies: `bucket/proposal/dataset`. */
const datasetDepth = 3;

/** The same with room for a trial's folders. */
const deepest = 6;

/** Finds the folders named `datasetId` below the root of an `fs` object store, and counts what they hold. */
export async function productFolders(root: string, datasetId: string): Promise<readonly ProductFolder[]> {
  const found: ProductFolder[] = [];
  for await (const { name, folder } of foldersBelow(root, deepest, (name) => name === datasetId)) {
    if (name === datasetId) found.push({ folder, ...(await measure(folder)) });
  }
  return found;
}

/** The recipe runs whose datasets lie below the root of an `fs` object store, each with where: no new run there may get its id. */
export async function recipeRunsBelow(root: string): Promise<ReadonlyMap<number, string>> {
  const runs = new Map<number, string>();
  for await (const { name, folder, depth } of foldersBelow(root, datasetDepth, () => false)) {
    // Other folders, such as an instrument's, may have a name that a dataset could have as well.
    const recipeRunId = depth === datasetDepth ? recipeRunIdOf(name) : undefined;
    if (recipeRunId !== undefined) runs.set(recipeRunId, `the folder ${folder}`);
  }
  return runs;
}

interface FolderBelow {
  readonly name: string;
  readonly folder: string;
  /** 1 right below the root. */
  readonly depth: number;
}

/** Every folder down to `deepestWanted`, but for hidden ones and what is below a dataset. */
async function* foldersBelow(
  root: string,
  deepestWanted: number,
  isDataset: (name: string) => boolean,
): AsyncIterable<FolderBelow> {
  const levels = [{ folder: root, depth: 1 }];
  for (let level = levels.shift(); level !== undefined; level = levels.shift()) {
    const { depth } = level;
    for (const entry of await list(level.folder)) {
      if (!entry.isDirectory() || entry.name.startsWith(".")) continue;
      const folder = join(level.folder, entry.name);
      yield { name: entry.name, folder, depth };
      if (!isDataset(entry.name) && depth < deepestWanted) levels.push({ folder, depth: depth + 1 });
    }
  }
}

async function measure(folder: string): Promise<Omit<ProductFolder, "folder">> {
  let files = 0;
  let sizeBytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith(".")) continue;
    files += 1;
    sizeBytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return { files, sizeBytes };
}

async function list(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    // Not there yet, or not ours to read: no product of this run lies in it.
    return [];
  }
}
