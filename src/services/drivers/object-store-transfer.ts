import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { dirname, isAbsolute, join, relative } from "node:path";
import { type Clock, systemClock } from "../../core/clock.ts";
import { makeFolders, temporariesOf } from "../../core/file.ts";
import { type FileFacts, fileFacts } from "../../core/file-facts.ts";
import { inParallel } from "../../core/in-parallel.ts";
import { requireCount, requireObject, requireText } from "../../core/require-option.ts";
import type { ObjectInfo, ObjectStore } from "../object-store.ts";
import type { Transfer, TransferItem, TransferOptions } from "../transfer.ts";
import { fileState } from "./fs/fs-bucket.ts";
import { fsTransfer } from "./fs/fs-transfer.ts";
import { serviceClosing } from "./service-closing.ts";
import { missingSources, transferClosed } from "./transfer-failed.ts";
import { distinctCopies, requireInScratch } from "./transfer-places.ts";
import { filesBelow } from "./transfer-sources.ts";
import { transferVerb } from "./transfer-verb.ts";

export interface ObjectStoreTransferOptions {
  /** Stays open. */
  readonly store: ObjectStore;
  /** The folder that every place in scratch lies in. */
  readonly scratchPath?: string;
  /** Says when the copies were modified. */
  readonly clock?: Clock;
  /** How many files are on their way at a time, each of them perhaps in parts. Default 4. */
  readonly parallel?: number;
}

/** One file: a key of the bucket, and its path in scratch. */
interface Copy {
  readonly from: string;
  readonly to: string;
  readonly bucket: string;
  readonly key: string;
  readonly path: string;
  readonly isMissing?: boolean;
}

/** Requests that only ask. */
const askedAtOnce = 16;

/**
 * Copies between scratch and any object store, through the store itself: each file is verified as `put` and `download` verify it. Buckets
 * that are absolute paths are folders of this machine, as in the driver `fs`.
 */
export function objectStoreTransfer(options: ObjectStoreTransferOptions): Transfer {
  requireObject("options of objectStoreTransfer", options);
  const { store, scratchPath, clock = systemClock, parallel = 4 } = options;
  requireObject("store", store);
  if (scratchPath !== undefined) requireText("scratchPath", scratchPath);
  requireCount("parallel", parallel, 1);

  async function* remoteCopies(
    { bucket, key, path, recursive }: TransferItem,
    signal?: AbortSignal,
  ): AsyncIterable<Copy> {
    if (recursive !== true) {
      yield inbound(bucket, key, path);
      return;
    }
    let count = 0;
    for await (const entry of store.list(bucket, `${key}/`, signal)) {
      count += 1;
      yield inbound(bucket, entry.key, join(path, entry.key.slice(key.length + 1)));
    }
    // A folder that is not there is missing, as a file would be, also where there is an object of its name.
    if (count === 0) yield { ...inbound(bucket, key, path), isMissing: true };
  }

  async function toScratch(items: readonly TransferItem[], options: TransferOptions): Promise<void> {
    const { signal, landing } = options;
    const wanted = await inParallel(items, askedAtOnce, (item) => Array.fromAsync(remoteCopies(item, signal)), signal);
    const copies = distinctCopies(wanted.flat(), options);
    const headOf = async ({ bucket, key, isMissing }: Copy): Promise<ObjectInfo | undefined> =>
      isMissing === true ? undefined : store.head(bucket, key, signal);
    const heads = await inParallel(copies, askedAtOnce, headOf, signal);
    const missing = copies.filter((_, index) => heads[index] === undefined).map(({ from }) => from);
    if (missing.length > 0) throw missingSources(missing, copies.length, options);
    await removeTemporaries(copies);
    await copyAll(copies, options, async ({ bucket, key, path }, index) => {
      const there = heads[index];
      const present = await factsOf(path, there?.sizeBytes, signal);
      if (present !== undefined && present.sha256 === there?.sha256) return present;
      if (landing === undefined) {
        const { sizeBytes, sha256 = "" } = await store.download(bucket, key, path, signal);
        return { sizeBytes, sha256 };
      }
      const temporary = join(landing.folder, randomUUID());
      try {
        const { sizeBytes, sha256 = "" } = await store.download(bucket, key, temporary, signal);
        await makeFolders(dirname(path));
        await landing.land(temporary, path);
        return { sizeBytes, sha256 };
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }

  async function toObjectStore(items: readonly TransferItem[], options: TransferOptions): Promise<void> {
    const { signal } = options;
    const copies = distinctCopies(
      (await inParallel(items, askedAtOnce, (item) => localCopies(item), signal)).flat(),
      options,
    );
    const states = await inParallel(copies, askedAtOnce, ({ path }) => fileState(path), signal);
    const missing = copies.filter((_, index) => states[index] === undefined).map(({ path }) => path);
    if (missing.length > 0) throw missingSources(missing, copies.length, options);
    // What another that brought the same objects left half done: a ghost of the same attempt, or one killed.
    for (const [bucket, inside] of Map.groupBy(copies, ({ bucket }) => bucket)) {
      await store.removeUnfinished?.(
        bucket,
        inside.map(({ key }) => key),
        signal,
      );
    }
    await copyAll(copies, options, async ({ bucket, key, path }) => {
      const there = await store.head(bucket, key, signal);
      const present = there === undefined ? undefined : await factsOf(path, there.sizeBytes, signal);
      if (present !== undefined && present.sha256 === there?.sha256) return present;
      const { sizeBytes, sha256 = "" } = await store.put(bucket, key, { path }, signal === undefined ? {} : { signal });
      return { sizeBytes, sha256 };
    });
  }

  async function copyAll(
    copies: readonly Copy[],
    { signal, onFile, onProgress }: TransferOptions,
    copy: (copy: Copy, index: number) => Promise<FileFacts>,
  ): Promise<void> {
    let [files, bytes] = [0, 0];
    const one = async (each: Copy, index: number): Promise<void> => {
      const facts = await copy(each, index);
      files += 1;
      bytes += facts.sizeBytes;
      onFile?.({ path: each.path, ...facts });
      onProgress?.({ files, totalFiles: copies.length, bytes });
    };
    await inParallel(copies, parallel, one, signal);
  }

  const closing = serviceClosing(transferClosed);
  return {
    name: "object-store",
    toScratch: transferVerb("toScratch", closing, async (wanted, options) => {
      const items = await requireInScratch(wanted, scratchPath, options);
      const [folders, objects] = [items.filter(isFolder), items.filter((item) => !isFolder(item))];
      if (folders.length > 0) await fsTransfer({ root: "/", clock }).toScratch(folders, options);
      if (objects.length > 0 || folders.length === 0) await toScratch(objects, options);
    }),
    toObjectStore: transferVerb("toObjectStore", closing, async (wanted, options) =>
      toObjectStore(await requireInScratch(wanted, scratchPath, options), options),
    ),
    [Symbol.asyncDispose]: () => closing.close(),
  };
}

function inbound(bucket: string, key: string, path: string): Copy {
  return { bucket, key, path, from: `${bucket}/${key}`, to: path };
}

function isFolder({ bucket }: TransferItem): boolean {
  return isAbsolute(bucket);
}

async function localCopies({ bucket, key, path, recursive }: TransferItem): Promise<readonly Copy[]> {
  const files = recursive === true ? await filesBelow(path) : [path];
  return files.map((file) => {
    const below = relative(path, file).split("/");
    const place = [key, ...below].filter((part) => part !== "").join("/");
    return { bucket, key: place, path: file, from: file, to: `${bucket}/${place}` };
  });
}

/** What is in a file, if it has that size. */
async function factsOf(
  path: string,
  sizeBytes: number | undefined,
  signal: AbortSignal | undefined,
): Promise<FileFacts | undefined> {
  const present = await fileState(path);
  return present === undefined || present.size !== sizeBytes ? undefined : fileFacts(path, signal);
}

async function removeTemporaries(copies: readonly Copy[]): Promise<void> {
  for (const path of await temporariesOf(copies.map(({ path }) => path))) await rm(path, { force: true });
}
