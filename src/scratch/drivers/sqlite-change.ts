import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { Database } from "../../core/sqlite-file.ts";
import type { Entry } from "../inventory-driver.ts";

/** A member of a set, both by their ids. */
type EntryIds = readonly [keyId: number, memberId: number];

/** The entries that a write added, or removed, with their ids. */
export interface Changed {
  readonly entries: readonly Entry[];
  readonly ids: readonly EntryIds[];
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
  { keys: keyIds, members: memberIds } = knownIds(),
): Changed {
  const ids: EntryIds[] = [];
  const changed: Entry[] = [];
  for (const some of batches(entries)) {
    // By the number of the entry in its batch.
    const found = new Map<number, EntryIds>();
    for (const [i, [key, member]] of some.entries()) {
      const keyId = idOf(store, keyIds, statements.ofKey, key, kind);
      const memberId = keyId === 0 ? 0 : idOf(store, memberIds, statements.ofMember, member, kind);
      if (memberId !== 0) found.set(i, [keyId, memberId]);
    }
    const moved = kind === "add" ? enter(store, found) : leave(store, found);
    for (const [i, entry] of some.entries()) {
      const at = moved.get(i);
      if (at === undefined) continue;
      ids.push(at);
      changed.push(entry);
    }
  }
  const grown = new Map<number, number>();
  for (const [keyId] of ids) grown.set(keyId, (grown.get(keyId) ?? 0) + (kind === "add" ? 1 : -1));
  for (const [id, by] of grown) store.run("UPDATE keys SET size = size + ? WHERE id = ?", by, id);
  if (kind === "remove" && ids.length > 0) {
    forgetMembers(store, new Set(ids.map(([, memberId]) => memberId)));
    forgetKeys(store, grown.keys());
  }
  return { entries: changed, ids };
}

/** Of the entries those that were not there before. Most of the time none was, and one statement for all is half the work. */
function enter(store: Database, entries: ReadonlyMap<number, EntryIds>): ReadonlyMap<number, EntryIds> {
  if (entries.size > 1) {
    store.run("SAVEPOINT enter");
    const count = store.run(
      `INSERT OR IGNORE INTO entries VALUES ${rowsOf(entries.size, 2)}`,
      ...[...entries.values()].flat(),
    );
    if (count < entries.size) store.run("ROLLBACK TO enter");
    store.run("RELEASE enter");
    if (count === entries.size) return entries;
  }
  const sql = "INSERT OR IGNORE INTO entries VALUES (?, ?)";
  return new Map([...entries].filter(([, ids]) => store.run(sql, ...ids) > 0));
}

function leave(store: Database, entries: ReadonlyMap<number, EntryIds>): ReadonlyMap<number, EntryIds> {
  const sql = "DELETE FROM entries WHERE key_id = ? AND member_id = ?";
  return new Map([...entries].filter(([, ids]) => store.run(sql, ...ids) > 0));
}

const statements = {
  ofKey: {
    find: "SELECT id AS it FROM keys WHERE key = ?",
    make: "INSERT INTO keys (key) VALUES (?) RETURNING id AS it",
  },
  ofMember: {
    find: "SELECT id AS it FROM members WHERE member = ?",
    make: "INSERT INTO members (member) VALUES (?) RETURNING id AS it",
  },
} as const;

/** The id of a key or member; 0 for one that is not there and shall not be made. */
function idOf(
  store: Database,
  known: Map<string, number>,
  { find, make }: { readonly find: string; readonly make: string },
  text: string,
  kind: "add" | "remove",
): number {
  const there = known.get(text);
  if (there !== undefined) return there;
  const found = one(store, find, text);
  const id = Number(found ?? (kind === "add" ? one(store, make, text) : undefined) ?? 0);
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
  return Array(count).fill(row).join(", ");
}
