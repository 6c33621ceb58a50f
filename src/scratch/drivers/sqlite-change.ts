import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { Database } from "../../core/sqlite-file.ts";
import type { Entry } from "../inventory-driver.ts";

/** The entries that a write added, or removed, with the ids of their keys and members: each in the same place of the three lists. */
export interface Changed {
  readonly entries: readonly Entry[];
  readonly keyIds: readonly number[];
  readonly memberIds: readonly number[];
}

/** Every query names its one column `it`. */
export function one(store: Database, sql: string, ...values: readonly SQLInputValue[]): SQLOutputValue | undefined {
  return store.one(sql, ...values)?.it;
}

export function texts(store: Database, sql: string, ...values: readonly SQLInputValue[]): readonly string[] {
  return store.all(sql, ...values).map(({ it }) => String(it));
}

/** Ids that were looked up within a transaction. */
export interface KnownIds {
  readonly keys: Map<string, number>;
  readonly members: Map<string, number>;
}

export function knownIds(): KnownIds {
  return { keys: new Map(), members: new Map() };
}

/** Adds or removes; returns what really changed. Ids that are known are there. */
export function change(
  store: Database,
  entries: readonly Entry[],
  kind: "add" | "remove",
  known: KnownIds = knownIds(),
): Changed {
  const [changed, changedKeys, changedMembers]: [Entry[], number[], number[]] = [[], [], []];
  for (const some of batches(entries)) {
    const { there, ids } = idsOf(store, some, kind, known);
    const isChanged = kind === "add" ? enter(store, ids) : leave(store, ids);
    for (let i = 0; i < there.length; i += 1) {
      if (!isChanged(i)) continue;
      changed.push(there[i] as Entry);
      changedKeys.push(ids[2 * i] as number);
      changedMembers.push(ids[2 * i + 1] as number);
    }
  }
  const grown = countSizes(store, changedKeys, kind === "add" ? 1 : -1);
  if (kind === "remove" && changed.length > 0) {
    forgetMembers(store, new Set(changedMembers));
    forgetKeys(store, grown);
  }
  return { entries: changed, keyIds: changedKeys, memberIds: changedMembers };
}

/**
 * Adds entries of which none is there. Undefined where one is: what was added until then has to be rolled back. Without a
 * savepoint for each batch, as `change` needs it, SQLite copies a page that several batches touch once.
 */
export function addNew(store: Database, entries: readonly Entry[], known: KnownIds): Changed | undefined {
  const [keyIds, memberIds]: [number[], number[]] = [[], []];
  for (const some of batches(entries)) {
    const { ids } = idsOf(store, some, "add", known);
    if (store.run(insertOf(some.length), ...ids) < some.length) return undefined;
    for (let i = 0; i < ids.length; i += 2) {
      keyIds.push(ids[i] as number);
      memberIds.push(ids[i + 1] as number);
    }
  }
  countSizes(store, keyIds, 1);
  return { entries, keyIds, memberIds };
}

/** Those of the entries whose key and member are known, or are made known, and of each its key's id and its member's, as they are written. */
function idsOf(
  store: Database,
  entries: readonly Entry[],
  kind: "add" | "remove",
  known: KnownIds,
): { readonly there: readonly Entry[]; readonly ids: readonly number[] } {
  if (kind === "add") makeMembers(store, entries, known.members);
  const there: Entry[] = [];
  const ids: number[] = [];
  for (const entry of entries) {
    const keyId = idOf(store, known.keys, entry[0], findKey, kind === "add" ? makeKey : undefined);
    const memberId = keyId === 0 ? 0 : idOf(store, known.members, entry[1], findMember);
    if (memberId === 0) continue;
    there.push(entry);
    ids.push(keyId, memberId);
  }
  return { there, ids };
}

/** Makes those of the members that are not there, in one statement, with the ids that SQLite would give them one by one. */
function makeMembers(store: Database, entries: readonly Entry[], known: Map<string, number>): void {
  const missing = new Set<string>();
  for (const [, member] of entries) {
    if (known.has(member) || missing.has(member)) continue;
    const id = one(store, findMember, member);
    if (id === undefined) missing.add(member);
    else known.set(member, Number(id));
  }
  if (missing.size === 0) return;
  let id = Number(one(store, "SELECT max(id) AS it FROM members") ?? 0);
  const values: SQLInputValue[] = [];
  for (const member of missing) {
    id += 1;
    values.push(id, member);
    known.set(member, id);
  }
  store.run(`INSERT INTO members VALUES ${rowsOf(missing.size, 2)}`, ...values);
}

/** Tells the size of each of these keys that it has so much more for each time it is named; returns which they are. */
function countSizes(store: Database, keyIds: readonly number[], by: 1 | -1): Iterable<number> {
  const grown = new Map<number, number>();
  for (const keyId of keyIds) grown.set(keyId, (grown.get(keyId) ?? 0) + by);
  for (const [id, change] of grown) store.run("UPDATE keys SET size = size + ? WHERE id = ?", change, id);
  return grown.keys();
}

/** Tells of an entry, by its place, whether it was not there before. Most of the time none was, and one statement for all is half the work. */
function enter(store: Database, ids: readonly number[]): (place: number) => boolean {
  const count = ids.length / 2;
  if (count > 1) {
    store.run("SAVEPOINT enter");
    const entered = store.run(insertOf(count), ...ids);
    if (entered < count) store.run("ROLLBACK TO enter");
    store.run("RELEASE enter");
    if (entered === count) return () => true;
  }
  return oneByOne(store, insertOf(1), ids);
}

function insertOf(count: number): string {
  return `INSERT OR IGNORE INTO entries VALUES ${rowsOf(count, 2)}`;
}

function leave(store: Database, ids: readonly number[]): (place: number) => boolean {
  return oneByOne(store, "DELETE FROM entries WHERE key_id = ? AND member_id = ?", ids);
}

function oneByOne(store: Database, sql: string, ids: readonly number[]): (place: number) => boolean {
  const changed = new Set<number>();
  for (let i = 0; 2 * i < ids.length; i += 1) {
    if (store.run(sql, ids[2 * i] as number, ids[2 * i + 1] as number) > 0) changed.add(i);
  }
  return (place) => changed.has(place);
}

const findKey = "SELECT id AS it FROM keys WHERE key = ?";
const findMember = "SELECT id AS it FROM members WHERE member = ?";
const makeKey = "INSERT INTO keys (key) VALUES (?) RETURNING id AS it";

/** The id of a key or member; 0 for one that is not there and shall not be made. */
function idOf(store: Database, known: Map<string, number>, text: string, find: string, make?: string): number {
  const there = known.get(text);
  if (there !== undefined) return there;
  const found = one(store, find, text) ?? (make === undefined ? undefined : one(store, make, text));
  const id = Number(found ?? 0);
  if (id !== 0) known.set(text, id);
  return id;
}

/** Removes those of the members that no set holds any more. */
export function forgetMembers(store: Database, memberIds: Iterable<number>): void {
  const sql =
    "DELETE FROM members WHERE id = ? AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.member_id = members.id)";
  for (const id of memberIds) store.run(sql, id);
}

/** Removes those of the keys that nothing is under any more. */
export function forgetKeys(store: Database, keyIds: Iterable<number>): void {
  for (const id of keyIds) store.run("DELETE FROM keys WHERE id = ? AND size = 0", id);
}

const batchSize = 64;

/** As many rows as one statement takes: of more it does not get faster. */
export function* batches<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += batchSize) yield rows.slice(from, from + batchSize);
}

/** The placeholders of an INSERT: `(?, ?), (?, ?)`. */
export function rowsOf(count: number, columns: number): string {
  const row = `(${Array(columns).fill("?").join(", ")})`;
  return `${`${row}, `.repeat(count - 1)}${row}`;
}
