import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../core/errors.ts";

interface ListingDocument {
  readonly DATA_TYPE: "file_list";
  readonly path: string;
  readonly length: number;
  readonly total: number;
  readonly DATA: readonly unknown[];
}

/** What a collection answers to `ls`. */
export async function globusListing(
  root: string,
  query: Readonly<Record<string, string>>,
): Promise<ListingDocument | { readonly status: number; readonly code: string; readonly message: string }> {
  const path = query.path ?? "/";
  try {
    const names = (await readdir(pathIn(root, path))).sort();
    const offset = Number(query.offset ?? 0);
    const DATA = await Promise.all(
      names.slice(offset, offset + Number(query.limit ?? 100_000)).map(async (name) => {
        const found = await stat(join(pathIn(root, path), name)).catch(() => undefined);
        const type = found?.isFile() === true ? "file" : found?.isDirectory() === true ? "dir" : "invalid_symlink";
        return { DATA_TYPE: "file", name, type, size: found?.size ?? 0, last_modified: found?.mtime.toISOString() };
      }),
    );
    return { DATA_TYPE: "file_list", path, length: DATA.length, total: names.length, DATA };
  } catch (error) {
    if (codeOf(error) === "ENOENT")
      return { status: 404, code: "ClientError.NotFound", message: `'${path}' not found` };
    if (codeOf(error) === "ENOTDIR") {
      return { status: 502, code: "ExternalError.DirListingFailed.NotDirectory", message: `'${path}' is no folder` };
    }
    return { status: 502, code: "ExternalError.DirListingFailed.PermissionDenied", message: `'${path}': denied` };
  }
}

/** A path of a collection on this machine; without a slash before it, from the default folder, which here is the root. */
export function pathIn(root: string, path: string): string {
  return join(root, join("/", path));
}
