import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** A folder of the object store that holds the products of one recipe run. */
export interface ProductFolder {
  readonly folder: string;
  readonly files: number;
  readonly sizeBytes: number;
}

/** How far below the root the folder of a dataset lies: `bucket/proposal/dataset`, and room for a trial's folders. */
const deepest = 6;

/** Finds the folders named `datasetId` below the root of an `fs` object store, and counts what they hold. */
export async function productFolders(root: string, datasetId: string): Promise<readonly ProductFolder[]> {
  const found: ProductFolder[] = [];
  const search = async (folder: string, depth: number): Promise<void> => {
    for (const entry of await list(folder)) {
      if (!entry.isDirectory() || entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.name === datasetId) found.push({ folder: path, ...(await measure(path)) });
      else if (depth < deepest) await search(path, depth + 1);
    }
  };
  await search(root, 1);
  return found;
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
