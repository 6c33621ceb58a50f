import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { type Database, sqliteFile } from "../../core/sqlite-file.ts";
import { attemptFenced } from "../attempt-fenced.ts";
import type { Entry, Fence, InventoryDriver, Journal, WriteOptions } from "../inventory-driver.ts";
import { keysIn, plainKeys, type SetExpression, selectMembers } from "../set-expression.ts";
import {
  batches,
  type EntryIds,
  emptyJournal,
  forgetKeys,
  forgetMembers,
  holdsLine,
  idsOfLine,
  journalSchema,
  journalsWith,
  linesOf,
  logChanges,
  logOf,
  removeLine,
  rowsOf,
} from "./sqlite-journal.ts";
import { type Added, type KnownPlace, type KnownSets, knownSets } from "./sqlite-known.ts";
import { isSelectable, sqliteSelect } from "./sqlite-select.ts";

export interface SqliteInventoryOptions {
  /** One file for each recipe run, on a local disk; made with its folder where there is none. */
  readonly path: string;
}

// The size stands beside the key, so that a query can begin with the smallest set and a count reads one row.
const schema = `
CREATE TABLE IF NOT EXISTS keys (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, size INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS members (id INTEGER PRIMARY KEY, member TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS entries (key_id INTEGER NOT NULL, member_id INTEGER NOT NULL, PRIMARY KEY (key_id, member_id)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_by_member ON entries (member_id, key_id);
CREATE TABLE IF NOT EXISTS counters (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
${journalSchema}`;
const schemaVersion = 2;

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
    schemaVersion,
    schema,
    onNetwork: "set INVENTORY_DRIVER=redis",
  });
  const { read } = file;
  const known = knownSets();
  /** For questions that may be answered by what is known. */
  const ask = <Result>(work: (store: Database) => Result): Promise<Result> =>
    read((store) => {
      known.renew(store);
      return work(store);
    });
  // There are many small writes: a sync at each would cost more than the last tags before a power cut are worth.
  const write = <Result>(fence: Fence | undefined, work: (store: Database) => Result): Promise<Result> =>
    file.write(
      (store) => {
        refuseFenced(store, fence);
        return work(store);
      },
      { mayBeLost: true },
    );
  /** A write that does nothing but add, so that what is known of the file holds on. `work` notes all that it added. */
  const grow = async <Result>(
    { fence, journal }: WriteOptions,
    work: (store: Database, note: (added: Added) => void) => Result,
  ): Promise<Result> => {
    const { result, learn } = await write(fence, (store) => {
      const learning = known.learning(store);
      const added: Added[] = [];
      const result = work(store, (some) => added.push(some));
      return { result, learn: learning(added, journal) };
    });
    learn();
    return result;
  };

  return {
    name: "sqlite",
    add: (entries, options = {}) =>
      grow(options, (store, note) => {
        const added = change(store, entries, "add", options.journal);
        note(added);
        return added.entries;
      }),
    remove: (entries, { fence, journal } = {}) =>
      write(fence, (store) => change(store, entries, "remove", journal).entries),
    members: (keys) => read((store) => keys.map((key) => membersIn(store, key))),
    intersect: (keys) => ask((store) => intersect(store, known, keys)),
    keys: (prefix) =>
      read((store) => [
        ...texts(store, "SELECT key AS it FROM keys WHERE key >= ? AND key < ? AND size > 0", prefix, prefix + last),
        ...texts(store, "SELECT key AS it FROM counters WHERE key >= ? AND key < ?", prefix, prefix + last),
      ]),
    setOnce: (key, value, options = {}) =>
      grow(options, (store, note) => {
        if (sizeOf(store, key) > 0) return false;
        note(change(store, [[key, value]], "add", options.journal));
        return true;
      }),
    increment: (key, by = 1, { fence, journal, expected } = {}) => {
      const count = (store: Database): number => {
        const now = expected === undefined ? undefined : counterIn(store, key);
        if (now !== expected) return Number(now);
        const value = Number(
          one(
            store,
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = value + excluded.value RETURNING value AS it",
            key,
            by,
          ),
        );
        if (expected !== undefined && value === 0) store.run("DELETE FROM counters WHERE value = 0 AND key = ?", key);
        if (journal !== undefined) {
          const numbers = by >= 0 ? [value] : Array.from({ length: -by }, (_, i) => value + 1 + i);
          const drawn = numbers.map((number): Entry => [journal.added, `${key}\n${number}`]);
          change(store, drawn, by >= 0 ? "add" : "remove", undefined);
        }
        return value;
      };
      // Counting changes no set but the journal; numbers that are given back may take members along.
      return by >= 0 ? grow({ fence, journal }, count) : write(fence, count);
    },
    drop: (keys, { fence } = {}) =>
      write(fence, (store) => {
        const left = new Set<number>();
        for (const key of keys) {
          store.run("DELETE FROM counters WHERE key = ?", key);
          const id = one(store, "UPDATE keys SET size = 0 WHERE key = ? RETURNING id AS it", key);
          if (id === undefined) continue;
          const rows = store.all("DELETE FROM entries WHERE key_id = ? RETURNING member_id AS it", id);
          for (const { it } of rows) left.add(Number(it));
          for (const memberId of emptyJournal(store, Number(id))) left.add(memberId);
        }
        forgetMembers(store, left);
        forgetKeys(store);
      }),
    // The log is synced as a whole at a commit that wrote something: the same user_version again is enough.
    sync: () => file.write((store) => void store.run(`PRAGMA user_version = ${schemaVersion}`)),
    select: (expression) => ask((store) => select(store, known, expression)),
    selectAll: (expressions) => ask((store) => selectAll(store, known, expressions)),
    count: (expression) =>
      ask((store) => {
        if (typeof expression === "string") return sizeOf(store, expression);
        const placeOf = (key: string) => known.placeOf(store, key);
        const isPlain = isSelectable(expression) && !keysIn(expression).some((key) => placeOf(key).isJournal);
        if (!isPlain) return select(store, known, expression).length;
        const { sql, values } = sqliteSelect(expression, placeOf);
        return Number(one(store, `SELECT count(*) AS it FROM (${sql})`, ...values));
      }),
    sizes: (keys) => read((store) => keys.map((key) => sizeOf(store, key))),
    holders: (prefix, members) => read((store) => members.map((member) => holdersOf(store, prefix, member))),
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
  const newest = counterIn(store, fence.key);
  if (newest > fence.token) throw attemptFenced(`${fence.key} is ${newest}, not ${fence.token}`);
}

function counterIn(store: Database, key: string): number {
  return Number(one(store, "SELECT value AS it FROM counters WHERE key = ?", key) ?? 0);
}

function change(
  store: Database,
  entries: readonly Entry[],
  kind: "add" | "remove",
  journal: Journal | undefined,
): Added {
  const keyIds = new Map<string, number>();
  const memberIds = new Map<string, number>();
  const ids: EntryIds[] = [];
  const changed: Entry[] = [];
  for (const some of batches(entries)) {
    // By the number of the entry in its batch.
    const members = new Map<number, EntryIds>();
    const lines = new Map<number, EntryIds>();
    for (const [i, [key, member]] of some.entries()) {
      const keyId = idOf(store, keyIds, statements.ofKey, key, kind);
      if (keyId === 0) continue;
      const line = member.includes("\n") ? idsOfLine(store, member) : undefined;
      if (line !== undefined && holdsLine(store, keyId, line)) {
        if (kind === "remove" && removeLine(store, keyId, line)) lines.set(i, [keyId, line[1]]);
      } else {
        const memberId = idOf(store, memberIds, statements.ofMember, member, kind);
        if (memberId !== 0) members.set(i, [keyId, memberId]);
      }
    }
    const moved = kind === "add" ? enter(store, members) : leave(store, members);
    for (const [i, entry] of some.entries()) {
      const at = moved.get(i) ?? lines.get(i);
      if (at === undefined) continue;
      ids.push(at);
      changed.push(entry);
    }
  }
  const grown = new Map<number, number>();
  for (const [keyId] of ids) grown.set(keyId, (grown.get(keyId) ?? 0) + (kind === "add" ? 1 : -1));
  for (const [id, by] of grown) store.run("UPDATE keys SET size = size + ? WHERE id = ?", by, id);
  if (journal !== undefined && ids.length > 0) logChanges(store, ids, logOf(kind, journal));
  if (kind === "remove" && ids.length > 0) {
    forgetMembers(store, new Set(ids.map(([, memberId]) => memberId)));
    // With a journal the set's key is named there, and most likely will be till that is dropped.
    if (journal === undefined) forgetKeys(store);
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
  known.set(text, id);
  return id;
}

function membersIn(store: Database, key: string): readonly string[] {
  const plain = texts(store, membersOf, key);
  return plain.length < sizeOf(store, key) ? [...plain, ...linesOf(store, key)] : plain;
}

function holdersOf(store: Database, prefix: string, member: string): readonly string[] {
  const keys = texts(
    store,
    "SELECT k.key AS it FROM members m JOIN entries e ON e.member_id = m.id JOIN keys k ON k.id = e.key_id WHERE m.member = ? AND k.key >= ? AND k.key < ?",
    member,
    prefix,
    prefix + last,
  );
  const line = idsOfLine(store, member);
  return line === undefined ? keys : [...keys, ...journalsWith(store, line, prefix, prefix + last)];
}

function sizeOf(store: Database, key: string | undefined): number {
  return key === undefined ? 0 : Number(one(store, "SELECT size AS it FROM keys WHERE key = ?", key) ?? 0);
}

function select(store: Database, known: KnownSets, expression: SetExpression): readonly string[] {
  const placeOf = (key: string) => known.placeOf(store, key);
  if (isSelectable(expression) && !keysIn(expression).some((key) => placeOf(key).isJournal)) {
    const { sql, values } = sqliteSelect(expression, placeOf);
    return texts(store, `SELECT m.member AS it FROM (${sql}) AS s CROSS JOIN members m WHERE m.id = s.m`, ...values);
  }
  const sets = new Map<string, ReadonlySet<string>>();
  const setOf = (key: string): ReadonlySet<string> => {
    const set = sets.get(key) ?? new Set(membersIn(store, key));
    sets.set(key, set);
    return set;
  };
  return [...selectMembers(expression, setOf)];
}

function selectAll(
  store: Database,
  known: KnownSets,
  expressions: readonly SetExpression[],
): readonly (readonly string[])[] {
  const asked = expressions.map((expression) => {
    const places = plainKeys(expression)?.map((key) => known.placeOf(store, key));
    return { expression, places: places?.some(({ isJournal }) => isJournal) === true ? undefined : places };
  });
  const lists = asked.flatMap(({ places }) => (places !== undefined && hasAll(places) ? [places] : []));
  const shared = known.intersectAll(store, lists)?.values();
  return asked.map(({ expression, places }) => {
    if (places === undefined) return select(store, known, expression);
    if (!hasAll(places)) return [];
    return shared?.next().value ?? intersect(store, known, plainKeys(expression) ?? []);
  });
}

/** Whether the sets may share anything. */
function hasAll(places: readonly KnownPlace[]): boolean {
  return places.length > 0 && places.every(({ size }) => size > 0);
}

function intersect(store: Database, known: KnownSets, keys: readonly string[]): readonly string[] {
  const distinct = [...new Set(keys)];
  const places = distinct.map((key) => known.placeOf(store, key));
  if (!hasAll(places)) return [];
  if (places.some(({ isJournal }) => isJournal)) return select(store, known, { op: "all", of: distinct });
  const [shared] = known.intersectAll(store, [places]) ?? [];
  if (shared !== undefined) return shared;
  if (places.length > joinLimit) return select(store, known, { op: "all", of: distinct });
  // The smallest first: it bounds the work.
  const ids = places.toSorted((a, b) => a.size - b.size).map(({ id }) => id);
  return texts(store, joinOf(ids.length), ...ids);
}

function joinOf(count: number): string {
  const others = Array.from({ length: count - 1 }, (_, i) => i + 1);
  const tables = others.map((i) => ` CROSS JOIN entries e${i}`).join("");
  const shared = others.map((i) => ` AND e${i}.key_id = ? AND e${i}.member_id = e0.member_id`).join("");
  // CROSS JOIN keeps the order that is written.
  return `SELECT m.member AS it FROM entries e0${tables} CROSS JOIN members m WHERE e0.key_id = ?${shared} AND m.id = e0.member_id`;
}
