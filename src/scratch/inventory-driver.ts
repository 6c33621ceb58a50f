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

export interface WriteOptions {
  readonly fence?: Fence | undefined;
}

export interface LogOptions extends WriteOptions {
  /** A set that logs, in the same atomic step, what the write made, as `key\nmember`: so that it can be undone. */
  readonly log?: string | undefined;
}

export interface IncrementOptions extends LogOptions {
  /**
   * Change the counter only if this is its number, in the same atomic step; what it comes to is its number as it was otherwise. A
   * counter that comes to 0 in this way is gone.
   */
  readonly expected?: number | undefined;
}

/** An entry as an exchange finds it and leaves it; what is not said may be either. */
export interface EntryChange {
  readonly entry: Entry;
  /** Whether it has to be there. */
  readonly from?: boolean | undefined;
  /** Whether it is there then. */
  readonly to?: boolean | undefined;
}

/** A text under a key and a field of it, as an exchange has to find it and leaves it; undefined for none. */
export interface RecordChange {
  readonly key: string;
  readonly field: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export interface Exchange {
  readonly entries: readonly EntryChange[];
  readonly records: readonly RecordChange[];
}

/**
 * What an exchange did: those entries that it really changed; or, as it was refused, those that were otherwise than it said. There may be none:
 * it was a record then.
 */
export type Exchanged =
  | { readonly isDone: true; readonly changed: readonly Entry[] }
  | { readonly isDone: false; readonly unexpected: readonly Entry[] };

/**
 * A small store of string sets, records, counters and write-once values, shared by every process of a recipe run. Tags, constants,
 * audit, queries and rollback are written once, above it. Keys are complete (`{recipeRunId}:{namespace}:{name}`) and
 * hold no line break; the layout is that of the Python stack's Redis.
 *
 * Every write is durable in the driver's terms when its promise resolves, is atomic as a whole call, and throws
 * `ATTEMPT_FENCED` when its fence refuses it, having changed nothing.
 */
export interface InventoryDriver extends AsyncDisposable {
  /** Which driver this is, as the settings name those of the library. */
  readonly name: string;
  /** Another process does the work: while it does, the next write may be made up and sent. */
  readonly isRemote?: boolean;
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
  setOnce(key: string, value: string, options?: LogOptions): Promise<boolean>;
  /**
   * The texts of these fields of a key, undefined for those that are not there. A key has members or records, not both.
   */
  records(key: string, fields: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** The fields that have a text under this key, in no particular order. */
  fields(key: string): Promise<readonly string[]>;
  /**
   * Compares and changes, all or nothing: where a record or an entry is not as its `from` says, nothing is changed. No entry and no
   * record comes twice. A key without records is gone.
   */
  exchange(exchange: Exchange, options?: WriteOptions): Promise<Exchanged>;
  /**
   * Adds `by` to the counter at `key` (0 when absent) and resolves to the new number, which is what a log gets. Counting down
   * takes the numbers that are given back out of the log.
   */
  increment(key: string, by?: number, options?: IncrementOptions): Promise<number>;
  /** Removes keys with all that they hold. */
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
