import { type Database, sqliteFile } from "../../core/sqlite-file.ts";
import { attemptFenced } from "../attempt-fenced.ts";
import type { Entry, Exchange, Exchanged, Fence, InventoryDriver } from "../inventory-driver.ts";
import { plainKeys, type SetExpression, selectMembers } from "../set-expression.ts";
import { type Changed, change, forgetKeys, forgetMembers, one, texts } from "./sqlite-change.ts";
import { exchangeIn } from "./sqlite-exchange.ts";
import { type KnownPlace, type SqliteKnown, sqliteKnown } from "./sqlite-known.ts";
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
CREATE TABLE IF NOT EXISTS records (key_id INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key_id, field)) STRICT, WITHOUT ROWID`;
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
  const known = sqliteKnown();
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
    fence: Fence | undefined,
    work: (store: Database, note: (added: Changed) => void) => Result,
  ): Promise<Result> => {
    const { result, learn } = await write(fence, (store) => {
      const learning = known.learning(store);
      const added: Changed[] = [];
      const result = work(store, (some) => added.push(some));
      return { result, learn: learning(added) };
    });
    learn();
    return result;
  };

  const exchange = (store: Database, wanted: Exchange, note: (added: Changed) => void): Exchanged => {
    const found = exchangeIn(store, wanted);
    if (!found.isDone) return found;
    for (const added of found.added) note(added);
    return { isDone: true, changed: found.changed };
  };

  return {
    name: "sqlite",
    add: (entries, { fence } = {}) =>
      grow(fence, (store, note) => {
        const added = change(store, entries, "add");
        note(added);
        return added.entries;
      }),
    remove: (entries, { fence } = {}) => write(fence, (store) => change(store, entries, "remove").entries),
    records: (key, fields) => read((store) => fields.map((field) => recordIn(store, key, field))),
    fields: (key) =>
      read((store) =>
        texts(store, "SELECT r.field AS it FROM keys k JOIN records r ON r.key_id = k.id WHERE k.key = ?", key),
      ),
    exchange: (wanted, { fence } = {}) =>
      wanted.entries.every(({ to }) => to !== false)
        ? grow(fence, (store, note) => exchange(store, wanted, note))
        : write(fence, (store) => exchange(store, wanted, () => undefined)),
    members: (keys) => read((store) => keys.map((key) => membersIn(store, key))),
    intersect: (keys) => ask((store) => intersect(store, known, keys)),
    keys: (prefix) =>
      read((store) => [
        ...texts(store, "SELECT key AS it FROM keys WHERE key >= ? AND key < ? AND size > 0", prefix, prefix + last),
        ...texts(store, "SELECT key AS it FROM counters WHERE key >= ? AND key < ?", prefix, prefix + last),
      ]),
    setOnce: (key, value, { fence, log } = {}) =>
      grow(fence, (store, note) => {
        if (sizeOf(store, key) > 0) return false;
        const logged: readonly Entry[] = log === undefined ? [] : [[log, `${key}\n${value}`]];
        note(change(store, [[key, value], ...logged], "add"));
        return true;
      }),
    increment: (key, by = 1, { fence, log, expected } = {}) => {
      const count = (store: Database, note: (added: Changed) => void = () => undefined): number => {
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
        if (log !== undefined) {
          const numbers = by >= 0 ? [value] : Array.from({ length: -by }, (_, i) => value + 1 + i);
          const drawn = numbers.map((number): Entry => [log, `${key}\n${number}`]);
          note(change(store, drawn, by >= 0 ? "add" : "remove"));
        }
        return value;
      };
      // Counting changes no set but the log; numbers that are given back may take members along.
      return by >= 0 ? grow(fence, count) : write(fence, (store) => count(store));
    },
    drop: (keys, { fence } = {}) =>
      write(fence, (store) => {
        const left = new Set<number>();
        const emptied: number[] = [];
        for (const key of keys) {
          store.run("DELETE FROM counters WHERE key = ?", key);
          const id = one(store, "UPDATE keys SET size = 0 WHERE key = ? RETURNING id AS it", key);
          if (id === undefined) continue;
          emptied.push(Number(id));
          const rows = store.all("DELETE FROM entries WHERE key_id = ? RETURNING member_id AS it", id);
          for (const { it } of rows) left.add(Number(it));
          store.run("DELETE FROM records WHERE key_id = ?", id);
        }
        forgetMembers(store, left);
        forgetKeys(store, emptied);
      }),
    // The log is synced as a whole at a commit that wrote something: the same user_version again is enough.
    sync: () => file.write((store) => void store.run(`PRAGMA user_version = ${schemaVersion}`)),
    select: (expression) => ask((store) => select(store, known, expression)),
    selectAll: (expressions) => ask((store) => selectAll(store, known, expressions)),
    count: (expression) =>
      ask((store) => {
        if (typeof expression === "string") return sizeOf(store, expression);
        const placeOf = (key: string) => known.placeOf(store, key);
        if (!isSelectable(expression)) return select(store, known, expression).length;
        const { sql, values } = sqliteSelect(expression, placeOf);
        return Number(one(store, `SELECT count(*) AS it FROM (${sql})`, ...values));
      }),
    sizes: (keys) => read((store) => keys.map((key) => sizeOf(store, key))),
    holders: (prefix, members) => read((store) => members.map((member) => holdersOf(store, prefix, member))),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

function refuseFenced(store: Database, fence: Fence | undefined): void {
  if (fence === undefined) return;
  const newest = counterIn(store, fence.key);
  if (newest > fence.token) throw attemptFenced(`${fence.key} is ${newest}, not ${fence.token}`);
}

function counterIn(store: Database, key: string): number {
  return Number(one(store, "SELECT value AS it FROM counters WHERE key = ?", key) ?? 0);
}

function membersIn(store: Database, key: string): readonly string[] {
  return texts(store, membersOf, key);
}

function recordIn(store: Database, key: string, field: string): string | undefined {
  const sql = "SELECT r.value AS it FROM keys k JOIN records r ON r.key_id = k.id WHERE k.key = ? AND r.field = ?";
  const text = one(store, sql, key, field);
  return text === undefined ? undefined : String(text);
}

function holdersOf(store: Database, prefix: string, member: string): readonly string[] {
  return texts(
    store,
    "SELECT k.key AS it FROM members m JOIN entries e ON e.member_id = m.id JOIN keys k ON k.id = e.key_id WHERE m.member = ? AND k.key >= ? AND k.key < ?",
    member,
    prefix,
    prefix + last,
  );
}

function sizeOf(store: Database, key: string | undefined): number {
  return key === undefined ? 0 : Number(one(store, "SELECT size AS it FROM keys WHERE key = ?", key) ?? 0);
}

function select(store: Database, known: SqliteKnown, expression: SetExpression): readonly string[] {
  const placeOf = (key: string) => known.placeOf(store, key);
  if (isSelectable(expression)) {
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
  known: SqliteKnown,
  expressions: readonly SetExpression[],
): readonly (readonly string[])[] {
  const asked = expressions.map((expression) => ({
    expression,
    places: plainKeys(expression)?.map((key) => known.placeOf(store, key)),
  }));
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

function intersect(store: Database, known: SqliteKnown, keys: readonly string[]): readonly string[] {
  const distinct = [...new Set(keys)];
  const places = distinct.map((key) => known.placeOf(store, key));
  if (!hasAll(places)) return [];
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
