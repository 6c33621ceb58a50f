import type { SetExpression } from "./set-expression.ts";

/** One member of one set. */
export type Entry = readonly [key: string, member: string];

/**
 * Refuses a write of an attempt that is no longer the newest: the number stored under `key` must not be greater than
 * `token`. Checked in the same atomic step as the write itself.
 */
export interface Fence {
  readonly key: string;
  readonly token: number;
}

/**
 * Two sets that log, in the same atomic step as a write, what the write really changed, as `key\nmember`: an entry that
 * came to be in `added`, one that went in `removed`. A change that takes back an earlier one takes it out of the log, so
 * that undoing the log always leads back to where it began.
 */
export interface Journal {
  readonly added: string;
  readonly removed: string;
}

export interface WriteOptions {
  readonly fence?: Fence | undefined;
  readonly journal?: Journal | undefined;
}

export interface IncrementOptions extends WriteOptions {
  /**
   * Change the counter only if this is its number, in the same atomic step; what it comes to is its number as it was otherwise. A
   * counter that comes to 0 in this way is gone.
   */
  readonly expected?: number | undefined;
}

/**
 * A small store of string sets, counters and write-once values, shared by every process of a recipe run. Tags, constants,
 * audit, queries and rollback are written once, above it. Keys are complete (`{recipeRunId}:{namespace}:{name}`) and
 * hold no line break; the layout is that of the Python stack's Redis.
 *
 * Every write is durable in the driver's terms when its promise resolves, is atomic as a whole call, and throws
 * `ATTEMPT_FENCED` when its fence refuses it, having changed nothing.
 */
export interface InventoryDriver extends AsyncDisposable {
  /** Which driver this is, as the settings name those of the library. */
  readonly name: string;
  /** Adds members to sets in bulk. Resolves to those entries that were not there before. */
  add(entries: readonly Entry[], options?: WriteOptions): Promise<readonly Entry[]>;
  /** Removes members from sets in bulk. Resolves to those entries that were there. A set that becomes empty is gone. */
  remove(entries: readonly Entry[], options?: WriteOptions): Promise<readonly Entry[]>;
  /** The members of each key, in no particular order; an empty list for a key that is not there. */
  members(keys: readonly string[]): Promise<readonly (readonly string[])[]>;
  /** Members that all of `keys` share. */
  intersect(keys: readonly string[]): Promise<readonly string[]>;
  /** Keys that begin with `prefix` (a literal, never a pattern). */
  keys(prefix: string): Promise<readonly string[]>;
  /** A set of exactly one member, written only if the key is not there. False when it was there. */
  setOnce(key: string, value: string, options?: WriteOptions): Promise<boolean>;
  /**
   * Adds `by` to the counter at `key` (0 when absent) and resolves to the new number, which is what a journal logs. Counting down
   * takes the numbers that are given back out of the log.
   */
  increment(key: string, by?: number, options?: IncrementOptions): Promise<number>;
  /** Removes keys with all that they hold. Keeps no journal. */
  drop(keys: readonly string[], options?: Pick<WriteOptions, "fence">): Promise<void>;

  /** Makes all that was written so far survive a power cut, where a write alone does not. */
  sync?(): Promise<void>;
  /** The members that an expression selects, in no particular order. */
  select?(expression: SetExpression): Promise<readonly string[]>;
  /** The members that each of many expressions selects, asked at once. */
  selectAll?(expressions: readonly SetExpression[]): Promise<readonly (readonly string[])[]>;
  /** How many members an expression selects, without fetching them. */
  count?(expression: SetExpression): Promise<number>;
  /** How many members each key has. */
  sizes?(keys: readonly string[]): Promise<readonly number[]>;
  /** For each member the sets that hold it, among the keys that begin with `prefix`. */
  holders?(prefix: string, members: readonly string[]): Promise<readonly (readonly string[])[]>;
}
