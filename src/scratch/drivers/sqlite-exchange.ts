import type { Database } from "../../core/sqlite-file.ts";
import type { Entry, Exchange, RecordChange } from "../inventory-driver.ts";
import { type Changed, change, forgetKeys, one } from "./sqlite-change.ts";

/** As `Exchanged`, with what was added. */
export type ExchangedIn =
  | { readonly isDone: true; readonly changed: readonly Entry[]; readonly added: readonly Changed[] }
  | { readonly isDone: false; readonly unexpected: readonly Entry[] };

/** Exchanges within a transaction; where it is refused, what it did until then has to be rolled back. */
export function exchangeIn(store: Database, { entries, records }: Exchange): ExchangedIn {
  const keyIds = new Map<string, number>();
  const isAsSaid = records.every(({ key, field, from }) => textIn(store, idOf(store, keyIds, key), field) === from);
  if (!isAsSaid) return { isDone: false, unexpected: [] };
  const unexpected: Entry[] = [];
  const [coming, fresh, going]: [Entry[], Entry[], Entry[]] = [[], [], []];
  for (const { entry, from, to } of entries) {
    // Whether it was there the adding itself tells.
    if (from === false && to === true) fresh.push(entry);
    else if (from !== undefined && from !== isThere(store, entry)) unexpected.push(entry);
    else if (to !== undefined) (to ? coming : going).push(entry);
  }
  const entered = change(store, fresh, "add");
  if (entered.entries.length < fresh.length) {
    const isNew = new Set(entered.entries);
    unexpected.push(...fresh.filter((entry) => !isNew.has(entry)));
  }
  if (unexpected.length > 0) return { isDone: false, unexpected };
  const added = [entered, change(store, coming, "add")];
  const removed = change(store, going, "remove");
  const changed = [...added, removed].flatMap((each) => each.entries);
  for (const record of records) put(store, keyIds, record);
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

function put(store: Database, keyIds: Map<string, number>, { key, field, from, to }: RecordChange): void {
  if (to === from) return;
  if (to !== undefined && keyIds.get(key) === 0) {
    store.run("INSERT INTO keys (key) VALUES (?)", key);
    keyIds.delete(key);
  }
  const id = idOf(store, keyIds, key);
  if (to === undefined) store.run("DELETE FROM records WHERE key_id = ? AND field = ?", id, field);
  else store.run("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", id, field, to);
  const grown = Number(to !== undefined) - Number(from !== undefined);
  if (grown !== 0) store.run("UPDATE keys SET size = size + ? WHERE id = ?", grown, id);
}
