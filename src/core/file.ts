import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { link, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ByteSink, ByteSource } from "./byte-source.ts";
import { uuidFrom } from "./ids.ts";

/** An open file as a `ByteSource`; closed by `await using`. */
export async function openFile(path: string): Promise<ByteSource & AsyncDisposable> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    const { size } = await handle.stat();
    return {
      name: path,
      sizeBytes: size,
      async read(offset, into) {
        let filled = 0;
        while (filled < into.length) {
          const { bytesRead } = await handle.read(into, filled, into.length - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return filled;
      },
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Marks the temporary files of `createFile`, so that a rollback can tell what a crash left behind. */
export const temporarySuffix = ".firstlight-tmp";

/** What the names of the temporary files of `path` begin with: its own name, or that name's id where it would not fit. */
export function temporaryPrefixOf(path: string): string {
  const name = basename(path);
  // A name has at most 255 bytes on the file systems in use; 36 of them are the UUID's, 2 are points.
  const fits = Buffer.byteLength(name) <= 255 - 36 - 2 - temporarySuffix.length;
  return `.${fits ? name : uuidFrom(name)}.`;
}

export interface CreateFileOptions {
  /** Replace a file that is there already; without it such a file is an `EEXIST` error. */
  readonly overwrite?: boolean;
  /**
   * Where the temporary file is written: a folder of the same file system, which must be there until the commit.
   * Without it, beside the file.
   */
  readonly temporaryFolder?: string;
}

/**
 * A file that appears under its name whole or not at all: written beside it, synced, then linked (or renamed over the
 * old one), and the folder synced. Parent folders are made.
 */
export async function createFile(path: string, options: CreateFileOptions = {}): Promise<ByteSink> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
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
      for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done)).bytesWritten;
    },
    async commit() {
      await handle.sync();
      await close();
      // A link fails where a name is taken, which a rename does not: two writers cannot both win.
      if (options.overwrite === true) await rename(temporary, path);
      else await link(temporary, path);
      await syncPath(folder);
    },
    async [Symbol.asyncDispose]() {
      await close();
      await rm(temporary, { force: true });
    },
  };
}

/** Writes a whole file; see `createFile`. */
export async function writeFile(path: string, bytes: Uint8Array, options: CreateFileOptions = {}): Promise<void> {
  await using sink = await createFile(path, options);
  await sink.write(bytes);
  await sink.commit();
}

/** Waits until a file's bytes, or the names in a folder, are on the disk. */
export async function syncPath(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}
