import type { Database } from "../../core/sqlite-file.ts";
import type { Entry, Exchange, RecordChange } from "../inventory-driver.ts";
import { addNew, batches, type Changed, change, forgetKeys, knownIds, one, rowsOf } from "./sqlite-change.ts";

/** As `Exchanged`, with what was added. */
export type ExchangedIn =
  | { readonly isDone: true; readonly changed: readonly Entry[]; readonly added: readonly Changed[] }
  | { readonly isDone: false; readonly unexpected: readonly Entry[] };

/** Exchanges within a transaction: all, or nothing where something is not as it was said to be. */
export function exchangeIn(store: Database, exchange: Exchange): ExchangedIn {
  store.run("SAVEPOINT exchange");
  const done = tried(store, exchange);
  if (done === undefined) store.run("ROLLBACK TO exchange");
  store.run("RELEASE exchange");
  if (done !== undefined) return done;
  const unexpected = exchange.entries.filter(({ entry, from }) => from !== undefined && from !== isThere(store, entry));
  return { isDone: false, unexpected: unexpected.map(({ entry }) => entry) };
}

/** Undefined where something is otherwise; what was done until then has to be rolled back. */
function tried(store: Database, { entries, records }: Exchange): ExchangedIn | undefined {
  const keyIds = new Map<string, number>();
  // Whether there is none yet the making itself tells, here as with entries.
  const isMade = ({ from, to }: RecordChange): boolean => from === undefined && to !== undefined;
  const others = records.filter((record) => !isMade(record));
  const isAsSaid = others.every(({ key, field, from }) => textIn(store, idOf(store, keyIds, key), field) === from);
  if (!isAsSaid) return undefined;
  const [coming, fresh, going]: [Entry[], Entry[], Entry[]] = [[], [], []];
  for (const { entry, from, to } of entries) {
    if (from === false && to === true) fresh.push(entry);
    else if (from !== undefined && from !== isThere(store, entry)) return undefined;
    else if (to !== undefined) (to ? coming : going).push(entry);
  }
  const ids = knownIds();
  const entered = addNew(store, fresh, ids);
  if (entered === undefined) return undefined;
  const added = [entered, change(store, coming, "add", ids)];
  const removed = change(store, going, "remove");
  const changed = [...added, removed].flatMap((each) => each.entries);
  if (!make(store, keyIds, records.filter(isMade))) return undefined;
  for (const record of others) put(store, keyIds, record);
  forgetKeys(store, keyIds.values());
  return { isDone: true, changed, added };
}

function idOf(store: Database, known: Map<string, number>, key: string): number {
  const there = known.get(key);
  if (there !== undefined) return there;
  const id = Number(one(store, "SELECT id AS it FROM keys WHERE key = ?", key) ?? 0);
  known.set(key, id);
  return id;
}

function textIn(store: Database, keyId: number, field: string): string | undefined {
  if (keyId === 0) return undefined;
  const text = one(store, "SELECT value AS it FROM records WHERE key_id = ? AND field = ?", keyId, field);
  return text === undefined ? undefined : String(text);
}

function isThere(store: Database, [key, member]: Entry): boolean {
  const sql =
    "SELECT 1 AS it FROM entries WHERE key_id = (SELECT id FROM keys WHERE key = ?) AND member_id = (SELECT id FROM members WHERE member = ?)";
  return one(store, sql, key, member) !== undefined;
}

/** Makes records that are not there; false where one of them is. */
function make(store: Database, keyIds: Map<string, number>, records: readonly RecordChange[]): boolean {
  for (const [key, own] of Map.groupBy(records, ({ key }) => key)) {
    let id = idOf(store, keyIds, key);
    if (id === 0) {
      id = Number(one(store, "INSERT INTO keys (key) VALUES (?) RETURNING id AS it", key));
      keyIds.set(key, id);
    }
    for (const some of batches(own)) {
      const values = some.flatMap(({ field, to = "" }) => [id, field, to]);
      if (store.run(`INSERT OR IGNORE INTO records VALUES ${rowsOf(some.length, 3)}`, ...values) < some.length)
        return false;
    }
    store.run("UPDATE keys SET size = size + ? WHERE id = ?", own.length, id);
  }
  return true;
}

/** Changes a record that is there, or removes it. */
function put(store: Database, keyIds: Map<string, number>, { key, field, from, to }: RecordChange): void {
  if (to === from) return;
  const id = idOf(store, keyIds, key);
  if (to !== undefined) {
    store.run("UPDATE records SET value = ? WHERE key_id = ? AND field = ?", to, id, field);
    return;
  }
  store.run("DELETE FROM records WHERE key_id = ? AND field = ?", id, field);
  store.run("UPDATE keys SET size = size - 1 WHERE id = ?", id);
}
