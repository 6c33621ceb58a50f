import type { Database } from "../../core/sqlite-file.ts";
import type { Entry, Exchange, RecordChange } from "../inventory-driver.ts";
import { batches, type Changed, change, forgetKeys, knownIds, one, rowsOf } from "./sqlite-change.ts";

/** As `Exchanged`, with what was added. */
export type ExchangedIn =
  | { readonly isDone: true; readonly changed: readonly Entry[]; readonly added: readonly Changed[] }
  | { readonly isDone: false; readonly unexpected: readonly Entry[] };

/** Exchanges within a transaction; where it is refused, what it did until then has to be rolled back. */
export function exchangeIn(store: Database, { entries, records }: Exchange): ExchangedIn {
  const keyIds = new Map<string, number>();
  // Whether there is none yet the making itself tells, here as with entries.
  const isMade = ({ from, to }: RecordChange): boolean => from === undefined && to !== undefined;
  const others = records.filter((record) => !isMade(record));
  const isAsSaid = others.every(({ key, field, from }) => textIn(store, idOf(store, keyIds, key), field) === from);
  if (!isAsSaid) return { isDone: false, unexpected: [] };
  const unexpected: Entry[] = [];
  const [coming, fresh, going]: [Entry[], Entry[], Entry[]] = [[], [], []];
  for (const { entry, from, to } of entries) {
    // Whether it was there the adding itself tells.
    if (from === false && to === true) fresh.push(entry);
    else if (from !== undefined && from !== isThere(store, entry)) unexpected.push(entry);
    else if (to !== undefined) (to ? coming : going).push(entry);
  }
  const ids = knownIds();
  const entered = change(store, fresh, "add", ids);
  if (entered.entries.length < fresh.length) {
    const isNew = new Set(entered.entries);
    unexpected.push(...fresh.filter((entry) => !isNew.has(entry)));
  }
  if (unexpected.length > 0) return { isDone: false, unexpected };
  const added = [entered, change(store, coming, "add", ids)];
  const removed = change(store, going, "remove");
  const changed = [...added, removed].flatMap((each) => each.entries);
  if (!make(store, keyIds, records.filter(isMade))) return { isDone: false, unexpected: [] };
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
