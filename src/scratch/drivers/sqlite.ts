import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { type Database, sqliteFile } from "../../core/sqlite-file.ts";
import { attemptFenced } from "../attempt-fenced.ts";
import type { Entry, Fence, InventoryDriver, Journal } from "../inventory-driver.ts";
import { type SetExpression, selectMembers } from "../set-expression.ts";
import { isSelectable, type Place, type PlaceOf, sqliteSelect } from "./sqlite-select.ts";

export interface SqliteInventoryOptions {
  /** One file for each recipe run, on a local disk; made with its folder where there is none. */
  readonly path: string;
}

// The size stands beside the key, so that a query can begin with the smallest set and a count reads one row.
const schema = `
CREATE TABLE keys (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, size INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE members (id INTEGER PRIMARY KEY, member TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE entries (key_id INTEGER NOT NULL, member_id INTEGER NOT NULL, PRIMARY KEY (key_id, member_id)) STRICT, WITHOUT ROWID;
CREATE INDEX entries_by_member ON entries (member_id, key_id);
CREATE TABLE counters (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID`;

/** More sets than this in one query are compared here: SQLite joins at most 64 tables. */
const joinLimit = 30;
const membersOf =
  "SELECT m.member AS it FROM keys k JOIN entries e ON e.key_id = k.id JOIN members m ON m.id = e.member_id WHERE k.key = ?";

/** Sorts after everything that begins with the text it follows. */
const last = "\u{10ffff}";

/** An inventory in a SQLite file, which every process on this machine may open. Opened at its first use. */
export function sqliteInventory({ path }: SqliteInventoryOptions): InventoryDriver {
  const file = sqliteFile({
    path,
    title: "inventory",
    schemaVersion: 1,
    schema,
    onNetwork: "set INVENTORY_DRIVER=redis",
  });
  const read = file.read;
  // There are many small writes: a sync at each would cost more than the last tags before a power cut are worth.
  const write = <Result>(fence: Fence | undefined, work: (store: Database) => Result): Promise<Result> =>
    file.write(
      (store) => {
        refuseFenced(store, fence);
        return work(store);
      },
      { mayBeLost: true },
    );

  return {
    name: "sqlite",
    add: (entries, { fence, journal } = {}) => write(fence, (store) => change(store, entries, "add", journal)),
    remove: (entries, { fence, journal } = {}) => write(fence, (store) => change(store, entries, "remove", journal)),
    members: (keys) => read((store) => keys.map((key) => texts(store, membersOf, key))),
    intersect: (keys) => read((store) => intersect(store, keys)),
    keys: (prefix) =>
      read((store) => [
        ...texts(store, "SELECT key AS it FROM keys WHERE key >= ? AND key < ?", prefix, prefix + last),
        ...texts(store, "SELECT key AS it FROM counters WHERE key >= ? AND key < ?", prefix, prefix + last),
      ]),
    setOnce: (key, value, { fence, journal } = {}) =>
      write(fence, (store) => {
        if (one(store, "SELECT 1 AS it FROM keys WHERE key = ?", key) !== undefined) return false;
        change(store, [[key, value]], "add", journal);
        return true;
      }),
    increment: (key, by = 1, { fence, journal } = {}) =>
      write(fence, (store) => {
        const value = Number(
          one(
            store,
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = value + excluded.value RETURNING value AS it",
            key,
            by,
          ),
        );
        if (journal !== undefined) log(store, [`${key}\n${value}`], journal.added, journal.removed);
        return value;
      }),
    drop: (keys, { fence } = {}) =>
      write(fence, (store) => {
        const left = new Set<number>();
        for (const key of keys) {
          store.run("DELETE FROM counters WHERE key = ?", key);
          const id = one(store, "DELETE FROM keys WHERE key = ? RETURNING id AS it", key);
          if (id === undefined) continue;
          const rows = store.all("DELETE FROM entries WHERE key_id = ? RETURNING member_id AS it", id);
          for (const { it } of rows) left.add(Number(it));
        }
        forgetUnheld(store, left);
      }),
    // The log is synced as a whole at a commit that wrote something: the same user_version again is enough.
    sync: () => file.write((store) => void store.run("PRAGMA user_version = 1")),
    select: (expression) => read((store) => select(store, expression)),
    count: (expression) =>
      read((store) => {
        if (typeof expression === "string") return sizeOf(store, expression);
        if (!isSelectable(expression)) return select(store, expression).length;
        const { sql, values } = sqliteSelect(expression, placeIn(store));
        return Number(one(store, `SELECT count(*) AS it FROM (${sql})`, ...values));
      }),
    sizes: (keys) => read((store) => keys.map((key) => sizeOf(store, key))),
    holders: (prefix, members) =>
      read((store) =>
        members.map((member) =>
          texts(
            store,
            "SELECT k.key AS it FROM members m JOIN entries e ON e.member_id = m.id JOIN keys k ON k.id = e.key_id WHERE m.member = ? AND k.key >= ? AND k.key < ?",
            member,
            prefix,
            prefix + last,
          ),
        ),
      ),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

/** Every query names its one column `it`. */
function one(store: Database, sql: string, ...values: readonly SQLInputValue[]): SQLOutputValue | undefined {
  return store.one(sql, ...values)?.it;
}

function texts(store: Database, sql: string, ...values: readonly SQLInputValue[]): readonly string[] {
  return store.all(sql, ...values).map(({ it }) => String(it));
}

function refuseFenced(store: Database, fence: Fence | undefined): void {
  if (fence === undefined) return;
  const newest = Number(one(store, "SELECT value AS it FROM counters WHERE key = ?", fence.key) ?? 0);
  if (newest > fence.token) throw attemptFenced(`${fence.key} is ${newest}, not ${fence.token}`);
}

function change(
  store: Database,
  entries: readonly Entry[],
  kind: "add" | "remove",
  journal: Journal | undefined,
): readonly Entry[] {
  const keyIds = new Map<string, number>();
  const memberIds = new Map<string, number>();
  const grown = new Map<number, number>();
  const left = new Set<number>();
  const changed = entries.filter(([key, member]) => {
    const keyId = idOf(store, keyIds, "keys", "key", key, kind);
    if (keyId === 0) return false;
    const memberId = idOf(store, memberIds, "members", "member", member, kind);
    if (memberId === 0) return false;
    const sql =
      kind === "add"
        ? "INSERT OR IGNORE INTO entries VALUES (?, ?)"
        : "DELETE FROM entries WHERE key_id = ? AND member_id = ?";
    if (store.run(sql, keyId, memberId) === 0) return false;
    grown.set(keyId, (grown.get(keyId) ?? 0) + (kind === "add" ? 1 : -1));
    if (kind === "remove") left.add(memberId);
    return true;
  });
  for (const [id, by] of grown) {
    store.run("UPDATE keys SET size = size + ? WHERE id = ?", by, id);
    if (by < 0) store.run("DELETE FROM keys WHERE id = ? AND size = 0", id);
  }
  forgetUnheld(store, left);
  if (journal !== undefined && changed.length > 0) {
    const lines = changed.map(([key, member]) => `${key}\n${member}`);
    if (kind === "add") log(store, lines, journal.added, journal.removed);
    else log(store, lines, journal.removed, journal.added);
  }
  return changed;
}

/** Removes those of the members that no set holds any more. */
function forgetUnheld(store: Database, memberIds: ReadonlySet<number>): void {
  for (const id of memberIds) {
    store.run(
      "DELETE FROM members WHERE id = ? AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.member_id = members.id)",
      id,
    );
  }
}

function log(store: Database, lines: readonly string[], into: string, outOf: string): void {
  const takenBack = new Set(
    change(
      store,
      lines.map((line): Entry => [outOf, line]),
      "remove",
      undefined,
    ).map(([, line]) => line),
  );
  // In order, so that each index grows at few places.
  const fresh = lines.filter((line) => !takenBack.has(line)).sort();
  change(
    store,
    fresh.map((line): Entry => [into, line]),
    "add",
    undefined,
  );
}

/** The id of a key or member; 0 for one that is not there and shall not be made. */
function idOf(
  store: Database,
  known: Map<string, number>,
  table: "keys" | "members",
  column: "key" | "member",
  text: string,
  kind: "add" | "remove",
): number {
  const there = known.get(text);
  if (there !== undefined) return there;
  // Most of what a bulk write brings is new: to insert first saves a look-up.
  const made =
    kind === "add"
      ? one(store, `INSERT OR IGNORE INTO ${table} (${column}) VALUES (?) RETURNING id AS it`, text)
      : undefined;
  const id = Number(made ?? one(store, `SELECT id AS it FROM ${table} WHERE ${column} = ?`, text) ?? 0);
  known.set(text, id);
  return id;
}

function sizeOf(store: Database, key: string | undefined): number {
  return key === undefined ? 0 : Number(one(store, "SELECT size AS it FROM keys WHERE key = ?", key) ?? 0);
}

/** The ids of those keys that are there, the smallest set first: it bounds the work. */
function idsBySize(store: Database, keys: readonly string[]): readonly number[] {
  return [...new Set(keys)]
    .map((key) => ({ id: one(store, "SELECT id AS it FROM keys WHERE key = ?", key), size: sizeOf(store, key) }))
    .filter(({ id }) => id !== undefined)
    .sort((a, b) => a.size - b.size)
    .map(({ id }) => Number(id));
}

function join(count: number): string {
  const others = Array.from({ length: count - 1 }, (_, i) => ` CROSS JOIN entries e${i + 1}`).join("");
  const wheres = Array.from(
    { length: count - 1 },
    (_, i) => ` AND e${i + 1}.key_id = ? AND e${i + 1}.member_id = e0.member_id`,
  );
  // CROSS JOIN keeps the order that is written.
  return `FROM entries e0${others} CROSS JOIN members m WHERE e0.key_id = ?${wheres.join("")} AND m.id = e0.member_id`;
}

function placeIn(store: Database): PlaceOf {
  const known = new Map<string, Place>();
  return (key) => {
    const there = known.get(key);
    if (there !== undefined) return there;
    const row = store.one("SELECT id, size FROM keys WHERE key = ?", key);
    const place = { id: Number(row?.id ?? 0), size: Number(row?.size ?? 0) };
    known.set(key, place);
    return place;
  };
}

function select(store: Database, expression: SetExpression): readonly string[] {
  if (isSelectable(expression)) {
    const { sql, values } = sqliteSelect(expression, placeIn(store));
    return texts(store, `SELECT m.member AS it FROM (${sql}) AS s CROSS JOIN members m WHERE m.id = s.m`, ...values);
  }
  const sets = new Map<string, ReadonlySet<string>>();
  const setOf = (key: string): ReadonlySet<string> => {
    const set = sets.get(key) ?? new Set(texts(store, membersOf, key));
    sets.set(key, set);
    return set;
  };
  return [...selectMembers(expression, setOf)];
}

function intersect(store: Database, keys: readonly string[]): readonly string[] {
  const distinct = [...new Set(keys)];
  const ids = idsBySize(store, distinct);
  if (ids.length < distinct.length || ids.length === 0) return [];
  const joined = ids.slice(0, joinLimit);
  const found = texts(store, `SELECT m.member AS it ${join(joined.length)}`, ...joined);
  const others = ids
    .slice(joinLimit)
    .map(
      (id) =>
        new Set(
          texts(
            store,
            "SELECT m.member AS it FROM entries e JOIN members m ON m.id = e.member_id WHERE e.key_id = ?",
            id,
          ),
        ),
    );
  return found.filter((member) => others.every((set) => set.has(member)));
}
