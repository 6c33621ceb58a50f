import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { lstat, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import { isMissing } from "../../../core/errors.ts";
import { temporarySuffix } from "../../../core/file.ts";
import { illegalKey, requireBucket, requireKey } from "../object-name.ts";

/** Holds what is known of the objects of a bucket beside their bytes; no key may begin with it. */
export const hiddenFolder = ".firstlight-objects";

/** Of a file, on the file systems in use. */
const longestNameBytes = 255;
const noteSuffix = ".json";

/** The folder of a bucket: `root/bucket`. Where `allowAbsolute`, a bucket that is an absolute path is that folder. */
export function bucketFolder(root: string, bucket: string, allowAbsolute = false): string {
  if (allowAbsolute && isAbsolute(bucket)) return resolve(bucket);
  requireBucket(bucket);
  return join(resolve(root), bucket);
}

/**
 * The path of an object, which lies inside its bucket whatever the key says.
 *
 * @throws FirstlightError OBJECT_KEY_ILLEGAL
 */
export function keyPath(folder: string, key: string): string {
  requireKey(key);
  const parts = key.split("/");
  if (parts[0] === hiddenFolder || key.endsWith(temporarySuffix)) {
    throw illegalKey(key, "each of its parts between '/' must be a name, and none the store's own");
  }
  const long = parts.find((part) => Buffer.byteLength(part) > longestNameBytes);
  if (long !== undefined) {
    throw illegalKey(
      key,
      `in a folder each of its parts between '/' has ${longestNameBytes} bytes at most, and one has ${Buffer.byteLength(long)}`,
    );
  }
  return join(folder, ...parts);
}

/** As `keyPath`, and whatever links lie on the way. */
export async function objectPath(folder: string, key: string): Promise<string> {
  const path = keyPath(folder, key);
  const inside = await realpath(folder).catch(() => undefined);
  const real = await realpathOfNearest(path);
  if (inside !== undefined && real !== inside && !real.startsWith(inside + sep)) {
    throw illegalKey(key, "a symbolic link on its way leads out of the bucket");
  }
  return path;
}

/** The file's state, or undefined when there is no file at the path. */
export async function fileState(path: string): Promise<Stats | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? found : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Of no two keys the same, and of none the folder that another's lies in: only notes end in `.json`. */
export function notePath(folder: string, key: string): string {
  const parts = key.split("/");
  const name = parts.pop() ?? "";
  const folders = parts.map((part) => fitting(/\.json~*$/.test(part) ? `${part}~` : part));
  return join(folder, hiddenFolder, ...folders, fitting(name) + noteSuffix);
}

/** A part of a key with room for what is added to it: of a long one its digest, and of what looks like one that, too. */
function fitting(part: string): string {
  const isShort = Buffer.byteLength(part) + noteSuffix.length <= longestNameBytes;
  return isShort && !/^[0-9a-f]{64}$/.test(part) ? part : createHash("sha256").update(part).digest("hex");
}

/** The real path of `path`, or of the nearest folder above it that exists. */
export async function realpathOfNearest(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    // A link to nowhere would be followed by whoever writes through it.
    const dangling = await lstat(path).catch(() => undefined);
    if (dangling?.isSymbolicLink() === true) return sep;
    return realpathOfNearest(dirname(path));
  }
}
