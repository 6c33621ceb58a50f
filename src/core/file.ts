import { randomUUID } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, read, readSync, realpathSync, type Stats } from "node:fs";
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import type { ByteSink, ByteSource } from "./byte-source.ts";
import { codeOf, FirstlightError, isMissing } from "./errors.ts";
import { uuidFrom } from "./ids.ts";

// Without the second flag, to open a pipe that nobody writes to never ends; to files it makes no difference. Windows has none.
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * An open file as a `ByteSource`; closed by `await using`.
 *
 * @throws FirstlightError FILE_NOT_REGULAR for a folder, a pipe or a device; the operating system's error for what cannot be opened
 */
export async function openFile(path: string): Promise<ByteSource & AsyncDisposable> {
  const handle = await open(path, openFlags);
  try {
    const stats = await handle.stat();
    requireRegular(path, stats);
    return { ...sourceOf(path, handle, stats.size), [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** What a handle reads, which whoever opened it closes. */
export async function handleSource(name: string, handle: FileHandle): Promise<ByteSource> {
  const { size } = await handle.stat();
  return sourceOf(name, handle, size);
}

function sourceOf(name: string, handle: FileHandle, sizeBytes: number): ByteSource {
  return {
    name,
    sizeBytes,
    async read(offset, into) {
      let filled = 0;
      while (filled < into.length) {
        const { bytesRead } = await handle.read(into, filled, atOnce(into.length - filled), offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    },
  };
}

/** Node takes no more than 2^31 - 1 bytes at once: a longer read ends the process, a longer write is refused. */
function atOnce(sizeBytes: number): number {
  return Math.min(sizeBytes, 2 ** 30);
}

function requireRegular(path: string, stats: Stats): void {
  if (!stats.isFile()) throw notRegular(path, stats);
}

function notRegular(path: string, stats: Stats, cause?: unknown): FirstlightError {
  const kind = stats.isDirectory()
    ? "a folder"
    : stats.isFIFO()
      ? "a pipe"
      : stats.isSocket()
        ? "a socket"
        : stats.isFile()
          ? "nothing that can be read from where one likes"
          : "a device";
  const remedy = stats.isDirectory() ? "Name a file in it" : "Write what comes from it into a file, and name that";
  return new FirstlightError("FILE_NOT_REGULAR", `${path} is ${kind}, and a file is to be read. ${remedy}.`, {
    disposition: "invalid",
    fields: { path },
    cause,
  });
}

/** A file that is read at once, without a turn of the event loop, which takes longer than the reading of a strip does. */
export interface FileNow extends ByteSource, Disposable {
  /** Its first bytes, where they were read on opening; the memory is that of whoever opened it. */
  readonly start?: Uint8Array | undefined;
  readNow(offset: number, into: Uint8Array): number;
}

/** Who reads much of it has to let others have their turn in between. */
export function openFileNow(path: string): FileNow {
  const fd = openSync(path, openFlags);
  const stats = fstatSync(fd);
  if (!stats.isFile()) {
    closeSync(fd);
    throw notRegular(path, stats);
  }
  return {
    name: path,
    sizeBytes: stats.size,
    readNow: (offset, into) => readFully(fd, offset, into),
    read: async (offset, into) => readFully(fd, offset, into),
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/**
 * As `openFileNow`, for many files of which little more than the beginning is wanted: that is read into `start` at once. Reading
 * beyond it with `read` waits its turn.
 *
 * @param unitBytes what the length of such files is a multiple of, and a power of two is none of
 */
export function openFileStart(path: string, start: Uint8Array, unitBytes = Number.POSITIVE_INFINITY): FileNow {
  const fd = openSync(path, openFlags);
  try {
    return new FileStart(path, fd, start, readStart(path, fd, start), unitBytes);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A class, as one is made for each of thousands of files: an object with a getter takes as long to make as the file to open. */
class FileStart implements FileNow {
  readonly name: string;
  readonly start: Uint8Array;
  readonly #fd: number;
  /** All of the memory, of which `start` is what was read. */
  readonly #memory: Uint8Array;
  readonly #unitBytes: number;
  #sizeBytes: number | undefined;

  constructor(name: string, fd: number, memory: Uint8Array, startBytes: number, unitBytes: number) {
    this.name = name;
    this.start = memory.subarray(0, startBytes);
    this.#fd = fd;
    this.#memory = memory;
    this.#unitBytes = unitBytes;
  }

  get sizeBytes(): number {
    this.#sizeBytes ??= this.#isAll() ? this.start.length : fstatSync(this.#fd).size;
    return this.#sizeBytes;
  }

  /** Whether the file ends with what was read. */
  #isAll(): boolean {
    const { length } = this.start;
    if (length === this.#memory.length) return false;
    // A file system that gives less than there is stops at pages of its own. Elsewhere a read that gives nothing says where
    // the file ends, in a fraction of the time that its facts take.
    return length % this.#unitBytes === 0 || readSync(this.#fd, this.#memory, length, 1, length) === 0;
  }

  readNow(offset: number, into: Uint8Array): number {
    const filled = this.#fromStart(offset, into);
    return filled === into.length ? filled : filled + readFully(this.#fd, offset + filled, into.subarray(filled));
  }

  async read(offset: number, into: Uint8Array): Promise<number> {
    let filled = this.#fromStart(offset, into);
    while (filled < into.length) {
      const { bytesRead } = await readAt(this.#fd, into, filled, atOnce(into.length - filled), offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  #fromStart(offset: number, into: Uint8Array): number {
    if (offset >= this.start.length) return 0;
    const part = this.start.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** What a path is, is asked for only where its beginning does not tell: that takes as long as reading a header. */
function readStart(path: string, fd: number, start: Uint8Array): number {
  try {
    const count = readSync(fd, start, 0, start.length, 0);
    if (count === 0) requireRegular(path, fstatSync(fd));
    return count;
  } catch (error) {
    // These are what folders, pipes and sockets answer who reads at an offset.
    if (!["EISDIR", "ESPIPE", "EAGAIN", "ENXIO"].includes(String(codeOf(error)))) throw error;
    throw notRegular(path, fstatSync(fd), error);
  }
}

const readAt = promisify(read);

/** As much as there is, up to the length of `into`. */
function readFully(fd: number, offset: number, into: Uint8Array): number {
  let filled = 0;
  while (filled < into.length) {
    const count = readSync(fd, into, filled, atOnce(into.length - filled), offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** Marks the temporary files of `createFile`, so that a rollback can tell what a crash left behind. */
export const temporarySuffix = ".firstlight-tmp";

const uuidLength = 36;

/** What the names of the temporary files of `path` begin with: its own name, or that name's id where it would not fit. */
export function temporaryPrefixOf(path: string): string {
  const name = basename(path);
  // A name has at most 255 bytes on the file systems in use; 2 are points.
  const fits = Buffer.byteLength(name) <= 255 - uuidLength - 2 - temporarySuffix.length;
  return `.${fits ? name : uuidFrom(name)}.`;
}

/** The temporary files beside these paths, of writers that were killed or are still at it. */
export async function temporariesOf(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [folder, inside] of Map.groupBy(paths, (path) => dirname(path))) {
    const names = await readdir(folder).catch((error: unknown): string[] => {
      if (isMissing(error)) return [];
      throw error;
    });
    const prefixes = new Set(inside.map(temporaryPrefixOf));
    const isTheirs = (name: string): boolean =>
      name.endsWith(temporarySuffix) && prefixes.has(name.slice(0, -uuidLength - temporarySuffix.length));
    found.push(...names.filter(isTheirs).map((name) => join(folder, name)));
  }
  return found;
}

export interface CreateFileOptions {
  /** Replace a file that is there already; without it such a file is an `EEXIST` error. */
  readonly overwrite?: boolean;
  /**
   * Where the temporary file is written: a folder of the same file system, which must be there until the commit.
   * Without it, beside the file.
   */
  readonly temporaryFolder?: string;
  /** `false` leaves it to the system when the file is on the disk, as programs that copy do. Then one that was whole may be gone, or empty, after a power failure. */
  readonly sync?: boolean;
}

/**
 * A file that appears under its name whole or not at all: written beside it, synced, then linked (or renamed over the
 * old one), and the folder synced. Parent folders are made.
 */
export async function createFile(path: string, options: CreateFileOptions = {}): Promise<ByteSink> {
  const folder = dirname(path);
  await makeFolders(folder);
  const temporary = join(
    options.temporaryFolder ?? folder,
    `${temporaryPrefixOf(path)}${randomUUID()}${temporarySuffix}`,
  );
  const handle = await open(temporary, "wx");
  let open_ = true;
  const close = async (): Promise<void> => {
    if (open_) await handle.close();
    open_ = false;
  };
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, atOnce(bytes.length - done))).bytesWritten;
      }
    },
    async writeAt(offset, bytes) {
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, atOnce(bytes.length - done), offset + done)).bytesWritten;
      }
    },
    async commit() {
      if (options.sync !== false) await handle.sync();
      await close();
      // A link fails where a name is taken, which a rename does not: two writers cannot both win.
      if (options.overwrite === true) await rename(temporary, path);
      else await linkNew(temporary, path);
      if (options.sync !== false) await syncPath(folder);
    },
    async [Symbol.asyncDispose]() {
      await close();
      await rm(temporary, { force: true });
    },
  };
}

async function linkNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    const problem = `The file ${path} is there already. Name another, or replace it with the option overwrite.`;
    throw Object.assign(new Error(problem, { cause: error }), { code: "EEXIST", syscall: "link", path });
  }
}

/** Writes a whole file; see `createFile`. */
export async function writeFile(path: string, bytes: Uint8Array, options: CreateFileOptions = {}): Promise<void> {
  await using sink = await createFile(path, options);
  await sink.write(bytes);
  await sink.commit();
}

/** Where a path leads to by all its links; of what is not there yet, as much of it as is there. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const whole = resolve(path);
    const above = dirname(whole);
    return above === whole ? whole : join(realPath(above), basename(whole));
  }
}

/**
 * Makes a folder and those above it that are missing. Resolves to the first that was made, or undefined where it was there.
 * Node's own recursive mkdir never ends where a file system takes no new folders and says ENOENT of them, as /proc does.
 */
export async function makeFolders(path: string): Promise<string | undefined> {
  const folder = resolve(path);
  const parent = dirname(folder);
  if (await isFolder(folder)) return undefined;
  if (await isMade(folder)) return folder;
  const first = await makeFolders(parent);
  if (await isMade(folder)) return first ?? folder;
  if (await isFolder(folder)) return first;
  // What the system calls missing is the place for it.
  const error = new Error(`${parent} takes no new folders, mkdir '${folder}'`);
  throw Object.assign(error, { code: "EPERM", syscall: "mkdir", path: folder });
}

/** Makes one folder. False when it is there already, or the one above it is not. */
async function isMade(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || (await isFolder(folder))) return false;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** What the system says of a disk that takes nothing: no room, or no right to write. */
export function diskProblem(error: unknown): "full" | "read-only" | undefined {
  const code = codeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT") return "full";
  return code === "EROFS" || code === "EACCES" || code === "EPERM" ? "read-only" : undefined;
}

/** Waits until a file's bytes, or the names in a folder, are on the disk. */
export async function syncPath(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}
