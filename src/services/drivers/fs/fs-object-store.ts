import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, open, readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, systemClock } from "../../../core/clock.ts";
import { FirstlightError, isFirstlightError, isMissing } from "../../../core/errors.ts";
import { openFile, temporariesOf, temporarySuffix } from "../../../core/file.ts";
import { type FileFacts, fileFacts } from "../../../core/file-facts.ts";
import { inTurn } from "../../../core/in-turn.ts";
import { requireObject, requireSignal, requireText } from "../../../core/require-option.ts";
import type { ObjectInfo, ObjectSource, ObjectStore, PutOptions } from "../../object-store.ts";
import { objectDamaged, objectNotFound, storeClosed } from "../object-errors.ts";
import { requireKeys, requireMetadata, requirePrefix } from "../object-name.ts";
import { type OpenSource, openSource, piecesOf } from "../object-source.ts";
import { replaceVerified, type WantedFacts } from "../replace-verified.ts";
import { serviceClosing } from "../service-closing.ts";
import { storageFailed, storeSetting } from "../storage-failed.ts";
import { verifiedSource } from "../verified-source.ts";
import { bucketFolder, fileState, hiddenFolder, keyPath, notePath, objectPath } from "./fs-bucket.ts";
import { readNote, removeNote, replaceNoted } from "./fs-note.ts";

export interface FsObjectStoreOptions {
  /** Holds a folder for each bucket; made where there is none. */
  readonly root: string;
  /** Says when the objects were modified. */
  readonly clock?: Clock;
}

const pieceBytes = 1024 * 1024;

/** Objects as files: a bucket is a folder of the root, a key a path in it. Content type and metadata lie in a hidden folder beside. */
export function fsObjectStore(options: FsObjectStoreOptions): ObjectStore {
  requireObject("options of fsObjectStore", options);
  const { root, clock = systemClock } = options;
  requireText("root", root);
  const turn = inTurn();
  const closing = serviceClosing(storeClosed);

  async function put(bucket: string, key: string, given: ObjectSource, options: PutOptions): Promise<ObjectInfo> {
    const { contentType, metadata = {}, signal } = options;
    const folder = bucketFolder(root, bucket);
    const path = await objectPath(folder, key);
    requireMetadata(key, contentType, metadata);
    const said = { metadata, ...(contentType === undefined ? {} : { contentType }) };
    signal?.throwIfAborted();
    await using source = await openSource(given, signal);
    try {
      // A note tells file and state apart by their time, which two writers at once may share.
      return await turn(
        [path],
        async () => {
          const write = (temporary: string): Promise<FileFacts> => writeSource(temporary, source, signal);
          const facts = await replaceNoted({ folder, key, path }, write, said, {
            clock,
            signal,
            damaged: (found, wanted) => damaged(path, found, wanted),
          });
          return { bucket, key, ...facts, contentType, metadata };
        },
        signal,
      );
    } catch (error) {
      if (isFirstlightError(error) || signal?.aborted === true) throw error;
      throw storageFailed({ path, what: `the object ${key} of the bucket ${bucket}`, setting: storeSetting }, error);
    }
  }

  async function existing(bucket: string, key: string): Promise<ObjectInfo> {
    const found = await head(bucket, key);
    if (found === undefined) throw objectNotFound(bucket, key);
    return found;
  }

  async function download(bucket: string, key: string, path: string, signal: AbortSignal | undefined) {
    const found = await existing(bucket, key);
    const from = await objectPath(bucketFolder(root, bucket), key);
    const copy = async (temporary: string): Promise<FileFacts> => {
      await copyFile(from, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      const { sizeBytes, sha256 } = found;
      return sha256 === undefined ? fileFacts(from, signal) : { sizeBytes, sha256 };
    };
    try {
      const noLonger = (): Error => unlike(bucket, key, from);
      return { ...found, ...(await replaceVerified(path, copy, { clock, signal, damaged: noLonger })) };
    } catch (error) {
      if (isFirstlightError(error) || signal?.aborted === true) throw error;
      const what = `the object ${key} of the bucket ${bucket}`;
      throw storageFailed({ path, what, from, setting: "SCRATCH_BASE_PATH" }, error);
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

  async function deleteObjects(bucket: string, keys: readonly string[], signal: AbortSignal): Promise<void> {
    const folder = bucketFolder(root, bucket);
    requireKeys(keys);
    for (const key of keys) keyPath(folder, key);
    for (const key of keys) {
      signal.throwIfAborted();
      const path = await objectPath(folder, key);
      if ((await fileState(path)) === undefined) continue;
      await rm(path, { force: true });
      await removeNote(folder, key);
      await removeEmptyFolders(dirname(path), folder);
    }
  }

  return {
    name: "fs",
    async put(bucket, key, source, options = {}) {
      requireObject("options of put", options);
      return closing.during(options.signal, (signal) => put(bucket, key, source, { ...options, signal }));
    },
    async get(bucket, key, signal) {
      closing.requireOpen();
      requireSignal(signal);
      signal?.throwIfAborted();
      const { sha256 } = await existing(bucket, key);
      const path = await objectPath(bucketFolder(root, bucket), key);
      const file = await openFile(path);
      const verified = verifiedSource(file, sha256, () => unlike(bucket, key, path));
      return { ...verified, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
    },
    async download(bucket, key, path, signal) {
      requireText("path of download", path);
      return closing.during(signal, (until) => download(bucket, key, path, until));
    },
    async head(bucket, key) {
      closing.requireOpen();
      return head(bucket, key);
    },
    async *list(bucket, prefix = "", signal) {
      closing.requireOpen();
      requireSignal(signal);
      requirePrefix(prefix);
      const folder = bucketFolder(root, bucket);
      for await (const key of keysBelow(folder, "", prefix)) {
        signal?.throwIfAborted();
        closing.requireOpen();
        const file = await fileState(join(folder, key));
        if (file !== undefined) yield { bucket, key, sizeBytes: file.size };
      }
    },
    delete: (bucket, keys, signal) => closing.during(signal, (until) => deleteObjects(bucket, keys, until)),
    removeFolderObjects: (bucket, prefix, signal) =>
      closing.during(signal, async (until) => {
        requirePrefix(prefix);
        const { removed } = await removeFolders(bucketFolder(root, bucket), "", prefix, until);
        return removed.sort(byBytes);
      }),
    async removeUnfinished(bucket, keys) {
      closing.requireOpen();
      const folder = bucketFolder(root, bucket);
      requireKeys(keys);
      const written = keys.flatMap((key) => [keyPath(folder, key), notePath(folder, key)]);
      const unfinished = await temporariesOf(written);
      for (const path of unfinished) await rm(path, { force: true });
      for (const key of keys) if ((await fileState(keyPath(folder, key))) === undefined) await removeNote(folder, key);
      return unfinished.length;
    },
    [Symbol.asyncDispose]: () => closing.close(),
  };
}

/** Writes the bytes of a source to a new file and tells their facts, as they were given. */
async function writeSource(temporary: string, source: OpenSource, signal: AbortSignal | undefined): Promise<FileFacts> {
  const hash = createHash("sha256");
  await using file = await open(temporary, "wx");
  for await (const piece of piecesOf(source, pieceBytes, signal)) {
    hash.update(piece);
    await file.writeFile(piece);
  }
  const sha256 = hash.digest("hex");
  await source.requireUnchanged(sha256, signal);
  return { sizeBytes: source.sizeBytes, sha256 };
}

function unlike(bucket: string, key: string, path: string): FirstlightError {
  return objectDamaged(bucket, key, `at ${path} is not what was stored there. Check the disk, and store it anew`);
}

function damaged(path: string, found: FileFacts, wanted: WantedFacts): FirstlightError {
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
  for (const name of names.sort(byBytes)) {
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

/** Removes the empty folders below a prefix, those that held nothing else with them. Says whether anything stays in `folder`. */
async function removeFolders(
  folder: string,
  parent: string,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly removed: string[]; readonly isEmpty: boolean }> {
  const removed: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  let stays = 0;
  for (const entry of entries) {
    signal?.throwIfAborted();
    const key = `${parent}${entry.name}/`;
    const isAsked =
      entry.isDirectory() && key !== `${hiddenFolder}/` && (key.startsWith(prefix) || prefix.startsWith(key));
    const inside = isAsked ? await removeFolders(join(folder, entry.name), key, prefix, signal) : undefined;
    removed.push(...(inside?.removed ?? []));
    const isRemoved =
      inside?.isEmpty === true && key.startsWith(prefix) && (await isFolderRemoved(join(folder, entry.name)));
    if (isRemoved) removed.push(key);
    else stays += 1;
  }
  return { removed, isEmpty: stays === 0 };
}

/** Something may have come into it meanwhile. */
async function isFolderRemoved(folder: string): Promise<boolean> {
  return rmdir(folder).then(
    () => true,
    () => false,
  );
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
