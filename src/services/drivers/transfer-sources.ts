import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { codeOf, isMissing } from "../../core/errors.ts";
import { temporarySuffix } from "../../core/file.ts";
import type { TransferItem } from "../transfer.ts";
import { hiddenFolder } from "./fs/fs-bucket.ts";

/**
 * Every file below a folder, by path; nothing that the object store keeps for itself. The folder itself when there is none; when it is a
 * file with a slash behind it, so that nothing is found there.
 */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith(temporarySuffix))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !relative(folder, path).startsWith(hiddenFolder))
      .sort();
  } catch (error) {
    if (codeOf(error) === "ENOTDIR") return [`${folder}/`];
    if (isMissing(error)) return [folder];
    throw error;
  }
}

/** The key of a file that an item brings to the object store, spelt as the item spells it. */
export function keyBelow({ key, path }: TransferItem, file: string): string {
  return [key, ...relative(path, file).split("/")].filter((part) => part !== "").join("/");
}
