import { type AttemptFolders, identityOf, type KeptFiles } from "./attempt-folders.ts";
import { fileFates, type UndoneFiles } from "./file-fates.ts";
import { overLine } from "./file-layers.ts";
import type { Inventory } from "./inventory.ts";
import { type TagsToUndo, undoTags } from "./undo-tags.ts";

/**
 * Of what is undone, the files. Others may write at them meanwhile, so each is looked at directly before it goes, and once more
 * after: who is to write at a file tells so first and looks at the file then, and here the file is moved first and looked up then. One
 * of the two sees the other.
 */
export interface FilesToUndo {
  readonly inventory: Inventory;
  readonly folders: AttemptFolders;
  readonly tags: TagsToUndo;
  /** Of others no file is touched, only tags. */
  readonly isInside: (path: string) => boolean;
}

/** Removes the files that the task made, with all their tags, but for those that others make theirs until they go. */
export async function undoMade(undo: FilesToUndo, made: readonly string[]): Promise<void> {
  for (let start = 0; start < made.length; start += pathsPerLook) {
    await undoMadeOf(undo, made.slice(start, start + pathsPerLook));
  }
}

async function undoMadeOf(undo: FilesToUndo, paths: readonly string[]): Promise<void> {
  const { inventory, folders, tags, isInside } = undo;
  const seen = new Map<string, string>();
  for (const path of paths.filter(isInside)) {
    const identity = await identityOf(path);
    if (identity !== undefined) seen.set(path, identity);
  }
  const before = await touchedByOthers(inventory, paths);
  const fates = await fileFates(inventory, folders, { written: before, kept: [] });
  const going = new Set(paths).difference(new Set(before.filter((path) => !fates.isOwn(path))));
  // Tags before files: nobody shall find a file that is not there.
  await undoTags(tags, [...going], "made");
  // Through this attempt's folder: once a newer attempt took that away, a late one can remove nothing of its files.
  for (const [path, identity] of seen) if (going.has(path)) await folders.discard(path, identity);
  const after = await touchedByOthers(inventory, paths);
  if (after.length > 0) await leaveToOthers(undo, { written: after, kept: [] });
}

/** Brings the versions back that the task keeps, or gives them to those that have written over its own. */
export async function undoReplaced(undo: FilesToUndo, kept: KeptFiles, files: UndoneFiles): Promise<void> {
  const written = new Set(files.written);
  for (let start = 0; start < files.kept.length; start += keptPerLook) {
    const paths = files.kept.slice(start, start + keptPerLook);
    const some = {
      written: paths.filter((path) => written.has(path)),
      kept: paths,
    };
    await undoReplacedOf(undo, kept, some);
  }
}

async function undoReplacedOf(undo: FilesToUndo, kept: KeptFiles, files: UndoneFiles): Promise<void> {
  const { inventory, folders, isInside } = undo;
  const seen = new Map<string, string>();
  for (const path of files.written.filter(isInside)) {
    const identity = await identityOf(path);
    if (identity !== undefined) seen.set(path, identity);
  }
  const before = await fileFates(inventory, folders, files);
  const [back, moved] = [new Set<string>(), new Set<string>()];
  for (const path of files.kept.filter(isInside)) {
    if (!before.isOwn(path) || !(await kept.has(path))) continue;
    const identity = seen.get(path);
    // Where it only removed a file nothing of its own is there.
    const isNothing = identity === undefined || (await kept.isBack(path));
    const fate = isNothing ? "gone" : await folders.discard(path, identity);
    if (fate !== "another's") back.add(path);
    if (fate === "moved") moved.add(path);
  }
  const after = await fileFates(inventory, folders, files);
  for (const path of files.kept.filter(isInside)) {
    if (!(await kept.has(path))) continue;
    // Of two that were both about to do something: it is about to replace or remove the file, or has done so just now.
    const isTaken = after.heirOf(path)?.isKeeper === true;
    if (back.has(path) && !isTaken) {
      await bringBack(undo, kept, path);
      continue;
    }
    // If it died before it came to that, what was there before is to be there.
    if (isTaken && moved.has(path) && before.heirOf(path)?.isKeeper === true) await kept.restore(path);
    await after.handOver(kept, path);
  }
  await leaveToOthers(undo, files);
}

async function bringBack({ inventory, folders }: FilesToUndo, kept: KeptFiles, path: string): Promise<void> {
  while (!(await kept.restore(path))) {
    const now = await fileFates(inventory, folders, { written: [path], kept: [path] });
    if (now.heirOf(path) !== undefined) {
      // It was quicker.
      await now.handOver(kept, path);
      return;
    }
    // Nobody's that this run knows.
    await folders.discard(path);
  }
  await kept.letGo(path);
}

/** The tags first: once the files are others' nobody can tell who made them. */
async function leaveToOthers({ inventory, folders, tags }: FilesToUndo, files: UndoneFiles): Promise<void> {
  const fates = await fileFates(inventory, folders, files);
  await undoTags(
    tags,
    files.written.filter((path) => !fates.isOwn(path)),
    "all",
  );
  await fates.forget();
}

/** Those of the paths at which any other task wrote, or overwrote or removed what this one had written. */
async function touchedByOthers({ keys, taskName, holdersOf }: Inventory, paths: readonly string[]): Promise<string[]> {
  const writers = await holdersOf(keys.writeAudits, paths);
  const over = await holdersOf(
    keys.overs,
    paths.map((path) => overLine(taskName, path)),
  );
  return paths.filter((_, i) => (over[i]?.length ?? 0) > 0 || writers[i]?.some((key) => key !== keys.writeAudit));
}

const pathsPerLook = 500;
/** So few that their layers are asked for path by path: nothing is read whole. */
const keptPerLook = 16;
