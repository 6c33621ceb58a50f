import { createHash } from "node:crypto";
import { open, readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ByteSource, bytesSource } from "../../core/byte-source.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { FirstlightError, isFirstlightError, isMissing } from "../../core/errors.ts";
import { openFile, temporarySuffix } from "../../core/file.ts";
import type { FileFacts } from "../../core/file-facts.ts";
import type { ObjectInfo, ObjectStore, PutOptions } from "../object-store.ts";
import { bucketFolder, fileState, hiddenFolder, objectPath, readNote, removeNote, writeNote } from "./fs-bucket.ts";
import { replaceVerified } from "./replace-verified.ts";
import { storageFailed, storeSetting } from "./storage-failed.ts";

export interface FsObjectStoreOptions {
  /** Holds a folder for each bucket; made where there is none. */
  readonly root: string;
  /** Says when the objects were modified. */
  readonly clock?: Clock;
}

const stripBytes = 1024 * 1024;

/** Objects as files: a bucket is a folder of the root, a key a path in it. Content type and metadata lie in a hidden folder beside. */
export function fsObjectStore({ root, clock = systemClock }: FsObjectStoreOptions): ObjectStore {
  async function put(bucket: string, key: string, source: ByteSource, options: PutOptions): Promise<ObjectInfo> {
    const folder = bucketFolder(root, bucket);
    const path = await objectPath(folder, key);
    try {
      const { signal } = options;
      const { sha256 } = await replaceVerified(path, (temporary) => writeSource(temporary, path, source, signal), {
        clock,
        signal,
        damaged: (found, wanted) => damaged(path, found, wanted),
        beforeRename: () => removeNote(folder, key),
      });
      const written = await fileState(path);
      const { contentType, metadata = {} } = options;
      const note = { sizeBytes: source.sizeBytes, sha256, contentType, metadata };
      await writeNote(folder, key, { ...note, modifiedMs: written?.mtimeMs ?? 0 });
      return { bucket, key, ...note };
    } catch (error) {
      if (isFirstlightError(error) || options.signal?.aborted === true) throw error;
      throw storageFailed({ path, what: `the object ${key} of the bucket ${bucket}`, setting: storeSetting }, error);
    }
  }

  async function head(bucket: string, key: string): Promise<ObjectInfo | undefined> {
    const folder = bucketFolder(root, bucket);
    const file = await fileState(await objectPath(folder, key));
    if (file === undefined) return undefined;
    const note = await readNote(folder, key, file);
    return {
      bucket,
      key,
      sizeBytes: file.size,
      sha256: note?.sha256,
      contentType: note?.contentType,
      metadata: note?.metadata ?? {},
    };
  }

  return {
    name: "fs",
    put: (bucket, key, source, options = {}) =>
      put(bucket, key, source instanceof Uint8Array ? bytesSource(source) : source, options),
    async get(bucket, key, signal) {
      signal?.throwIfAborted();
      const path = await objectPath(bucketFolder(root, bucket), key);
      if ((await fileState(path)) === undefined) throw notFound(bucket, key);
      return openFile(path);
    },
    head,
    async *list(bucket, prefix = "") {
      for await (const key of keysBelow(bucketFolder(root, bucket), "", prefix)) {
        const info = await head(bucket, key);
        if (info !== undefined) yield info;
      }
    },
    async delete(bucket, keys) {
      const folder = bucketFolder(root, bucket);
      for (const key of keys) {
        const path = await objectPath(folder, key);
        if ((await fileState(path)) === undefined) continue;
        await rm(path, { force: true });
        await removeNote(folder, key);
        await removeEmptyFolders(dirname(path), folder);
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Writes the bytes of a source to a new file and tells their facts, as they were given. */
async function writeSource(
  temporary: string,
  path: string,
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<FileFacts> {
  const hash = createHash("sha256");
  await using file = await open(temporary, "wx");
  const strip = new Uint8Array(Math.min(stripBytes, Math.max(1, source.sizeBytes)));
  let sizeBytes = 0;
  while (sizeBytes < source.sizeBytes) {
    signal?.throwIfAborted();
    const count = await source.read(sizeBytes, strip);
    if (count === 0) break;
    const part = strip.subarray(0, count);
    hash.update(part);
    await file.writeFile(part);
    sizeBytes += count;
  }
  if (sizeBytes !== source.sizeBytes) {
    throw new FirstlightError(
      "OBJECT_SOURCE_TRUNCATED",
      `${source.name} gave ${sizeBytes} of ${source.sizeBytes} bytes; nothing was stored as ${path}.`,
      { fields: { path, sizeBytes, expectedBytes: source.sizeBytes } },
    );
  }
  return { sizeBytes, sha256: hash.digest("hex") };
}

function damaged(path: string, found: FileFacts, wanted: FileFacts): FirstlightError {
  return new FirstlightError(
    "OBJECT_DAMAGED",
    `What was written for ${path} does not read back as it was given (${found.sizeBytes} of ${wanted.sizeBytes} bytes, SHA-256 ${found.sha256} for ${wanted.sha256}); nothing was stored, and what was there stays. Check the disk.`,
    { disposition: "retry", fields: { path } },
  );
}

/** Keys in the order of their bytes: a folder sorts as its name with a slash. Reads one folder at a time. */
async function* keysBelow(folder: string, parent: string, prefix: string): AsyncIterable<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const names = entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .filter(({ name }) => !name.endsWith(temporarySuffix) && !(parent === "" && name === hiddenFolder))
    .map((entry) => parent + entry.name + (entry.isDirectory() ? "/" : ""));
  for (const name of names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
    if (!name.endsWith("/")) {
      if (name.startsWith(prefix)) yield name;
    } else if (name.startsWith(prefix) || prefix.startsWith(name)) {
      yield* keysBelow(join(folder, name.slice(parent.length)), name, prefix);
    }
  }
}

/** So that a key may take the place of a folder that has gone. */
async function removeEmptyFolders(folder: string, end: string): Promise<void> {
  for (let current = folder; current !== end && current.startsWith(end); current = dirname(current)) {
    try {
      await rmdir(current);
    } catch {
      return;
    }
  }
}

function notFound(bucket: string, key: string): FirstlightError {
  return new FirstlightError("OBJECT_NOT_FOUND", `There is no object ${key} in the bucket ${bucket}.`, {
    fields: { bucket, key },
  });
}
