import type { Constants } from "./constants.ts";
import type { InventoryDriver } from "./inventory-driver.ts";
import type { NearestTags } from "./nearest-tags.ts";
import type { TagQuery } from "./tag-query.ts";

export { allOf, anyOf, formatQuery, type TagQuery } from "./tag-query.ts";

export interface WriteFileOptions {
  /** Where in scratch; by default a name made of the tags and a counter. */
  readonly relativePath?: string | undefined;
  /** Replace a file that is there. What another task wrote comes back when this task is rolled back. */
  readonly overwrite?: boolean | undefined;
}

export interface TaggedFiles {
  /** Relative to scratch, or absolute in it. */
  readonly paths: string | readonly string[];
  readonly tags: readonly string[];
}

/**
 * The files of one recipe run as one task sees them. Paths that come in may be relative to `folder` or absolute in it.
 * Every change is audited before it happens, so that `rollback` finds it after any crash.
 *
 * Throws `SCRATCH_PATH` for a path that leaves scratch, `TAG_ILLEGAL`, `ATTEMPT_FENCED` once a newer attempt of the same task
 * has begun, `SCRATCH_FULL` and `SCRATCH_READ_ONLY`.
 */
export interface Scratch extends AsyncDisposable {
  /** Absolute. */
  readonly folder: string;
  readonly recipeRunId: number;
  readonly taskName: string;
  readonly constants: Constants;

  /**
   * A file that appears whole or not at all, with its tags. Resolves to its path relative to `folder`. Throws
   * `SCRATCH_FILE_EXISTS` for a given path where a file is, unless it may be overwritten.
   */
  write(bytes: Uint8Array, tags: readonly string[], options?: WriteFileOptions): Promise<string>;
  /**
   * Announces a file that somebody else, a transfer, will put there: parent folders are made, and a rollback removes the
   * file. Resolves to its absolute path.
   */
  reserve(relativePath: string, options?: { readonly overwrite?: boolean }): Promise<string>;
  /** Makes files that a transfer put there this task's own, and tags them. Throws `SCRATCH_FILE_MISSING`. */
  adopt(paths: string | readonly string[], tags: readonly string[]): Promise<void>;
  /** Tags files that are there. Throws `SCRATCH_FILE_MISSING`. */
  tag(paths: string | readonly string[], tags: readonly string[]): Promise<void>;
  /** The same for many files with tags of their own, in bulk. */
  tagAll(files: readonly TaggedFiles[]): Promise<void>;
  untag(paths: string | readonly string[], tags: readonly string[]): Promise<void>;
  /** Removes a file and all its tags; one that is not there is no error. */
  remove(path: string): Promise<void>;

  /** The tags of a file, sorted. */
  tags(path: string): Promise<readonly string[]>;
  /** The tags of many files, each sorted, in the order of `paths`. */
  tagsOfAll(paths: readonly string[]): Promise<readonly (readonly string[])[]>;
  /** All tags that any file carries, sorted. */
  allTags(): Promise<readonly string[]>;
  /** Absolute paths, sorted by file name, then by folder. Throws `TAG_QUERY_EMPTY` for a query that names no tag. */
  find(query: TagQuery): Promise<readonly string[]>;
  count(query: TagQuery): Promise<number>;
  /** For a query that finds nothing: which tag failed, and the nearest tag sets. */
  nearest(query: TagQuery): Promise<NearestTags>;
  /** The next generic file name for these tags, `{tags}_{n}.dat` with n from 1. */
  genericName(tags: readonly string[]): Promise<string>;

  /**
   * Undoes exactly what earlier attempts of this task did, whether they ended well or crashed, in TypeScript or in Python:
   * files written, overwritten and removed, tags added and removed, constants, counters. May itself be killed and run again.
   */
  rollback(): Promise<void>;
  /**
   * Lets go of the earlier versions of files that this task overwrote or removed. Until then a rollback brings them back,
   * for as long as the run's scratch is there.
   */
  commit(): Promise<void>;
  /** Removes everything of this recipe run: files, tags, counters, constants, audit. */
  purge(): Promise<void>;
}

export interface ScratchOptions {
  /** `SCRATCH_BASE_PATH`: runs have their folders in it. */
  readonly basePath: string;
  readonly recipeRunId: number;
  readonly taskName: string;
  /** Stays open when scratch closes. */
  readonly driver: InventoryDriver;
  /** What `raiseFence` gave this attempt; without one no write is fenced. */
  readonly token?: number | undefined;
}

export declare function openScratch(options: ScratchOptions): Promise<Scratch>;
