import { readFile, rm, stat } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { writeFile } from "../../../core/file.ts";
import { type FileFacts, fileFacts } from "../../../core/file-facts.ts";
import { type ReplaceOptions, replaceVerified, type WantedFacts } from "../replace-verified.ts";
import { fileState, keyPath, notePath } from "./fs-bucket.ts";

const noteSchema = z.object({
  sizeBytes: z.int().nonnegative(),
  /** With the size it tells whether the file was changed behind the store's back: then the note counts no more. */
  modifiedMs: z.number(),
  sha256: z.string(),
  contentType: z.string().optional(),
  metadata: z.record(z.string(), z.string()),
});
/** Of the file that is there until the one that is told of takes its place, which a killed writer never let it. */
const storedSchema = noteSchema.extend({ previous: noteSchema.optional() });

/** What is kept beside an object. */
export type ObjectNote = Readonly<z.output<typeof noteSchema>>;
type StoredNote = Readonly<z.output<typeof storedSchema>>;

/** What of a note whoever stores an object says. */
export type NoteSaid = Pick<ObjectNote, "contentType" | "metadata">;

/** What tells two states of a file apart. */
type FileState = { readonly size: number; readonly mtimeMs: number };

/** What is known of an object beside its bytes, as far as it still fits them. */
export async function readNote(folder: string, key: string, file: FileState): Promise<ObjectNote | undefined> {
  const stored = await storedNote(folder, key);
  if (stored === undefined) return undefined;
  const { previous } = stored;
  const fitting = [latestOf(stored), ...(previous === undefined ? [] : [previous])].filter((note) => fits(note, file));
  if (fitting.length < 2) return fitting[0];
  // Two of one length and one time, as a clock that stands still gives them: only their bytes tell which it is.
  const { sha256 } = await fileFacts(keyPath(folder, key));
  return fitting.find((note) => note.sha256 === sha256);
}

/** Of a file that has its place already. */
export async function writeNote(folder: string, key: string, note: StoredNote): Promise<void> {
  await writeFile(notePath(folder, key), new TextEncoder().encode(JSON.stringify(note)), { overwrite: true });
}

export async function removeNote(folder: string, key: string): Promise<void> {
  await rm(notePath(folder, key), { force: true });
}

/**
 * Gives an object's path the file that `write` makes, as `replaceVerified` does, and its note. Wherever it is killed or fails, the old file
 * has its old note, or the new one its new note: the note of both is there before the file is renamed, and which of them counts
 * is seen by the file.
 */
export async function replaceNoted(
  { folder, key, path }: { readonly folder: string; readonly key: string; readonly path: string },
  write: (temporary: string) => Promise<WantedFacts>,
  said: NoteSaid,
  options: Omit<ReplaceOptions, "beforeRename" | "landing">,
): Promise<FileFacts> {
  let note: ObjectNote | undefined;
  let previous: ObjectNote | undefined;
  const beforeRename = async (temporary: string, facts: FileFacts): Promise<void> => {
    const there = await fileState(path);
    previous = there === undefined ? undefined : await readNote(folder, key, there);
    const { mtimeMs: modifiedMs } = await stat(temporary);
    note = { ...facts, ...said, modifiedMs };
    await writeNote(folder, key, previous === undefined ? note : { ...note, previous });
  };
  const isThere = async (wanted: ObjectNote): Promise<boolean> => {
    const file = await fileState(path);
    return file !== undefined && fits(wanted, file);
  };
  try {
    const facts = await replaceVerified(path, write, { ...options, beforeRename });
    const stored = await storedNote(folder, key);
    // Another process may have noted its own file in between, and been the first to rename; or it is about to.
    if (note !== undefined && !isNoteOf(note, stored) && (await isThere(note))) {
      await writeNote(folder, key, stored === undefined ? note : { ...note, previous: latestOf(stored) });
    }
    return facts;
  } catch (error) {
    // Where there was a note before, it is still there, and counts.
    if (note !== undefined && previous === undefined && !(await isThere(note))) {
      if (isNoteOf(note, await storedNote(folder, key))) await removeNote(folder, key);
    }
    throw error;
  }
}

async function storedNote(folder: string, key: string): Promise<StoredNote | undefined> {
  try {
    return storedSchema.parse(JSON.parse(await readFile(notePath(folder, key), "utf8")));
  } catch {
    return undefined;
  }
}

function fits(note: ObjectNote, { size, mtimeMs }: FileState): boolean {
  return note.sizeBytes === size && note.modifiedMs === mtimeMs;
}

function latestOf({ previous: _, ...latest }: StoredNote): ObjectNote {
  return latest;
}

function isNoteOf(note: ObjectNote, stored: StoredNote | undefined): boolean {
  return stored !== undefined && isDeepStrictEqual(note, latestOf(stored));
}
