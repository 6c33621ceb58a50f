import { chmod, lstat, opendir, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { codeOf, FirstlightError, isMissing } from "../core/errors.ts";
import { makeFolders } from "../core/file.ts";
import { scratchFileMissing } from "./scratch-errors.ts";

/** In the run's folder, for what is no file of the run: no path may lead there. */
export const privateFolder = ".firstlight";

function isPlain(path: string): boolean {
  return path.length <= longestName && plainPath.test(path);
}

/** The paths of one run's scratch: nothing outside is written, tagged or removed. All methods throw `SCRATCH_PATH`. */
export interface ScratchPaths {
  /** The absolute path of a file in scratch, given relative to it or absolute. */
  inside(path: string): string;
  /** The same for a file to be written, which must be given relative; its folder is made. */
  forWriting(relativePath: string): Promise<string>;
  /** The absolute path of a file to be removed, which need not be there. */
  forRemoving(path: string): Promise<string>;
  /** The absolute path of a file that is there. Throws `SCRATCH_FILE_MISSING`. */
  existing(path: string): Promise<string>;
  /** Whether all of many files are there: a folder with many of them is listed once. Throws `SCRATCH_FILE_MISSING`. */
  requireExisting(paths: Iterable<string>): Promise<void>;
}

/** For fewer files than this a folder is not listed. */
const worthListing = 64;

/** What the file systems in use take. */
const longestName = 255;

/** A path of names that lead nowhere but down, and not to what is the library's own. */
const plainPath = /^[A-Za-z0-9_][\w.-]*(?:\/[A-Za-z0-9_][\w.-]*)*$/;

/**
 * @param folder absolute; it must exist
 * @param named another name of it by which absolute paths may come in
 */
export async function scratchPaths(folder: string, named = folder): Promise<ScratchPaths> {
  const real = await realpath(folder);
  const aliases = [named, real].filter((alias) => alias !== folder).map((alias) => alias + sep);
  const start = folder + sep;
  const inside = (path: string): string => {
    // Nearly all are of these kinds, and to take a path apart takes longer than to tag it.
    if (isPlain(path)) return start + path;
    if (path.startsWith(start) && isPlain(path.slice(start.length))) return path;
    const alias = aliases.find((one) => path.startsWith(one));
    const absolute = resolve(folder, alias === undefined ? path : path.slice(alias.length));
    const within = relative(folder, absolute);
    const leaves = within === "" || within === ".." || within.startsWith(`..${sep}`) || isAbsolute(within);
    if (leaves) throw refused(path, `it does not lie in ${folder}`);
    if (path.includes("\0")) throw refused(path, "it holds a zero byte");
    // The disk and the inventory would each have another name for it.
    if (!path.isWellFormed()) throw refused(path, "it is no valid Unicode");
    const names = within.split(sep);
    if (names[0] === privateFolder) throw refused(path, `${privateFolder} is the library's own`);
    if (names.some((name) => Buffer.byteLength(name) > longestName)) {
      throw refused(path, `a name has at most ${longestName} bytes`);
    }
    return absolute;
  };
  const requireReal = (path: string, found: string): void => {
    if (found !== real && !found.startsWith(real + sep)) {
      throw refused(path, `a symbolic link leads it out of scratch, to ${found}`);
    }
  };
  const existing = async (path: string): Promise<string> => {
    const absolute = inside(path);
    try {
      requireReal(path, await realpath(absolute));
      if ((await stat(absolute)).isDirectory()) throw refused(path, "it is a folder");
      return absolute;
    } catch (error) {
      if (codeOf(error) === "ELOOP") throw refused(path, "symbolic links lead from it in a circle", error);
      throw isMissing(error) ? scratchFileMissing(absolute) : error;
    }
  };
  /** Of files in one folder those of which its listing does not tell that they are there: of a link somebody else has to find out. */
  const notListed = async (parent: string, files: readonly string[]): Promise<readonly string[]> => {
    if (files.length < worthListing) return files;
    const fileOf = new Map(files.map((path) => [basename(path), path]));
    try {
      requireReal(parent, await realpath(parent));
      for await (const entry of await opendir(parent, { bufferSize: 1_000 })) {
        if (entry.isFile()) fileOf.delete(entry.name);
      }
    } catch {
      return files;
    }
    return [...fileOf.values()];
  };
  return {
    inside,
    existing,
    async requireExisting(paths) {
      const folders = Map.groupBy(paths, (path) => dirname(inside(path)));
      for (const [parent, files] of folders) {
        await Promise.all((await notListed(parent, files)).map(existing));
      }
    },
    async forWriting(relativePath) {
      if (typeof relativePath !== "string") throw refused(String(relativePath), "it is no text");
      if (isAbsolute(relativePath)) throw refused(relativePath, "it is absolute");
      if (relativePath.endsWith("/")) throw refused(relativePath, "it names a folder");
      const path = inside(relativePath);
      const parent = dirname(path);
      await throughFolders(relativePath, async () => {
        requireReal(relativePath, await realParent(parent));
        await makeFolder(parent);
      });
      if (await isFolder(path)) throw refused(relativePath, "a folder has that name");
      return path;
    },
    async forRemoving(path) {
      const absolute = inside(path);
      // Of the folder alone: a link that is itself to be removed may lead anywhere.
      await throughFolders(path, async () => {
        requireReal(path, await realParent(dirname(absolute)));
        if (await isFolder(absolute)) throw refused(path, "it is a folder");
      });
      return absolute;
    },
  };
}

/**
 * Makes a folder, and those above it, so that others may write there too: a transfer puts files into scratch under a user
 * of its own, whatever this process's umask is.
 */
export async function makeFolder(path: string): Promise<void> {
  const first = await makeFolders(path);
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await chmod(made, 0o777);
}

/** Whether there is anything at a path, a link that leads nowhere included. */
export function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === "ENOENT") return false;
      throw error;
    },
  );
}

async function isFolder(path: string): Promise<boolean> {
  return (await exists(path)) && (await lstat(path)).isDirectory();
}

async function throughFolders(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (codeOf(error) !== "ENOTDIR" && codeOf(error) !== "EEXIST") throw error;
    throw refused(path, "where it has a folder a file is", error);
  }
}

async function realParent(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return join(await realParent(dirname(path)), relative(dirname(path), path));
  }
}

function refused(path: string, why: string, cause?: unknown): FirstlightError {
  return new FirstlightError(
    "SCRATCH_PATH",
    `'${path}' is no path for a file of this run: ${why}. Name a file below the run's folder, such as 'calibrated/frame.fits'.`,
    {
      disposition: "invalid",
      fields: { path },
      cause,
    },
  );
}
