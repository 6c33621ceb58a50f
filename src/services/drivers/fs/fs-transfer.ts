import { constants, type Stats } from "node:fs";
import { copyFile, rm } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { type Clock, systemClock } from "../../../core/clock.ts";
import { isFirstlightError } from "../../../core/errors.ts";
import { temporariesOf } from "../../../core/file.ts";
import { type FileFacts, fileFacts } from "../../../core/file-facts.ts";
import { inParallel } from "../../../core/in-parallel.ts";
import { requireObject, requireText } from "../../../core/require-option.ts";
import type { Transfer, TransferItem, TransferOptions } from "../../transfer.ts";
import { type ReplaceOptions, replaceVerified } from "../replace-verified.ts";
import { serviceClosing } from "../service-closing.ts";
import { storageFailed, storeSetting } from "../storage-failed.ts";
import { copyDamaged, missingSources, transferClosed } from "../transfer-failed.ts";
import { distinctCopies, requireInScratch } from "../transfer-places.ts";
import { filesBelow, keyBelow } from "../transfer-sources.ts";
import { transferVerb } from "../transfer-verb.ts";
import { bucketFolder, fileState, keyPath, notePath, objectPath } from "./fs-bucket.ts";
import { readNote, replaceNoted, writeNote } from "./fs-note.ts";

export interface FsTransferOptions {
  /** The root of the `fs` object store. */
  readonly root: string;
  /** The folder that every place in scratch lies in. */
  readonly scratchPath?: string;
  /** Says when the copies were modified. */
  readonly clock?: Clock;
}

interface Copy {
  readonly from: string;
  readonly to: string;
  /** Which of the two is in scratch. */
  readonly path: string;
  /** Of a copy that is an object. */
  readonly object?: { readonly folder: string; readonly key: string };
}

/** Enough to keep a disk busy, and few enough for the files that a process may have open. */
const filesAtOnce = 16;

/** Copies within the file system: as a reflink where it can (a copy that shares its blocks until one of the two is written), never as a hard link. */
export function fsTransfer(options: FsTransferOptions): Transfer {
  requireObject("options of fsTransfer", options);
  const { root, scratchPath, clock = systemClock } = options;
  requireText("root", root);
  if (scratchPath !== undefined) requireText("scratchPath", scratchPath);
  async function planToScratch(item: TransferItem): Promise<readonly Copy[]> {
    const folder = bucketFolder(root, item.bucket, true);
    // In a folder of the user's own, links lead where the user wants them to.
    const from = isAbsolute(item.bucket) ? keyPath(folder, item.key) : await objectPath(folder, item.key);
    const files = item.recursive === true ? await filesBelow(from) : [from];
    return files.map((file) => {
      const to = join(item.path, relative(from, file));
      return { from: file, to, path: to };
    });
  }

  async function planToObjectStore(item: TransferItem): Promise<readonly Copy[]> {
    const folder = bucketFolder(root, item.bucket);
    const files = item.recursive === true ? await filesBelow(item.path) : [item.path];
    return inParallel(files, filesAtOnce, async (file): Promise<Copy> => {
      const key = keyBelow(item, file);
      const to = await objectPath(folder, key);
      return { from: file, to, path: file, object: { folder, key } };
    });
  }

  const transfer = async (
    given: readonly TransferItem[],
    options: TransferOptions,
    plan: (item: TransferItem) => Promise<readonly Copy[]>,
  ): Promise<void> => {
    const items = await requireInScratch(given, scratchPath, options);
    const copies = (await inParallel(items, filesAtOnce, plan, options.signal)).flat();
    await copyAll(distinctCopies(copies, options), options, clock);
  };

  const closing = serviceClosing(transferClosed);
  return {
    name: "fs",
    toScratch: transferVerb("toScratch", closing, (items, options) => transfer(items, options, planToScratch)),
    toObjectStore: transferVerb("toObjectStore", closing, (items, options) =>
      transfer(items, options, planToObjectStore),
    ),
    [Symbol.asyncDispose]: () => closing.close(),
  };
}

async function copyAll(copies: readonly Copy[], options: TransferOptions, clock: Clock): Promise<void> {
  const { signal, onProgress, onFile } = options;
  const look = async ({ from, to }: Copy): Promise<unknown> => {
    try {
      return await fileState(from);
    } catch (error) {
      throw storageFailed({ path: to, what: `the copy of ${from}`, from, setting: storeSetting }, error);
    }
  };
  const states = await inParallel(copies, filesAtOnce, look, signal);
  const missing = copies.filter((_, index) => states[index] === undefined).map(({ from }) => from);
  if (missing.length > 0) throw missingSources(missing, copies.length, options);
  // What another that brought the same files left half done: a ghost of the same attempt, which then finds its copy gone, or one killed.
  const written = copies.flatMap(({ to, object }) =>
    object === undefined ? [to] : [to, notePath(object.folder, object.key)],
  );
  for (const path of await temporariesOf(written)) {
    await rm(path, { force: true });
  }
  let bytes = 0;
  for (const [index, copy] of copies.entries()) {
    const { from, to, path } = copy;
    signal?.throwIfAborted();
    try {
      const facts = await copyVerified(copy, { signal, clock, landing: path === to ? options.landing : undefined });
      bytes += facts.sizeBytes;
      onFile?.({ path, ...facts });
    } catch (error) {
      if (isFirstlightError(error) || signal?.aborted === true) throw error;
      const setting = path === to ? "SCRATCH_BASE_PATH" : storeSetting;
      throw storageFailed({ path: to, what: `the copy of ${from}`, from, setting }, error);
    }
    onProgress?.({ files: index + 1, totalFiles: copies.length, bytes });
  }
}

/** Copies a file unless the same bytes are there. The copy takes its name once it has been read back; an object has its note, too. */
async function copyVerified(
  { from, to, object }: Copy,
  options: Pick<ReplaceOptions, "signal" | "clock" | "landing">,
): Promise<FileFacts> {
  const { signal, clock } = options;
  const wanted = await fileFacts(from, signal);
  const present = await fileState(to);
  if (present?.size === wanted.sizeBytes && (await fileFacts(to, signal)).sha256 === wanted.sha256) {
    if (object !== undefined) await noteWhereMissing(object, wanted, present);
    return wanted;
  }
  const copy = async (temporary: string): Promise<FileFacts> => {
    await copyFile(from, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    return wanted;
  };
  const damaged = (): Error => copyDamaged(from, to);
  return object === undefined
    ? replaceVerified(to, copy, { ...options, damaged })
    : replaceNoted({ ...object, path: to }, copy, { metadata: {} }, { signal, clock, damaged });
}

/** Of an object that came by another way. */
async function noteWhereMissing(
  { folder, key }: { readonly folder: string; readonly key: string },
  facts: FileFacts,
  file: Stats,
): Promise<void> {
  if ((await readNote(folder, key, file))?.sha256 === facts.sha256) return;
  await writeNote(folder, key, { ...facts, modifiedMs: file.mtimeMs, metadata: {} });
}
