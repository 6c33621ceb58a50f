import type { Database } from "../../core/sqlite-file.ts";
import type { Journal } from "../inventory-driver.ts";

/** A member of a set, both by their ids. */
export type EntryIds = readonly [keyId: number, memberId: number];

/**
 * What journals log of sets: by ids, as texts every path would be there once more for each of its tags. A key or member that one
 * of them names keeps its row when no set has it any more.
 */
export const journalSchema = `
CREATE TABLE IF NOT EXISTS journals (id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS changes (journal_id INTEGER NOT NULL, member_id INTEGER NOT NULL, key_id INTEGER NOT NULL,
  PRIMARY KEY (journal_id, member_id, key_id)) STRICT, WITHOUT ROWID`;

const isLogged = "SELECT 1 FROM journals j CROSS JOIN changes c WHERE c.journal_id = j.id AND c.member_id = members.id";

/** Logs changes that were made in `into`, but for those that take back what `outOf` logs. */
export function logChanges(
  store: Database,
  changed: readonly EntryIds[],
  { into, outOf }: { readonly into: string; readonly outOf: string },
): void {
  store.run("INSERT OR IGNORE INTO keys (key) VALUES (?)", into);
  const intoId = Number(store.one("SELECT id FROM keys WHERE key = ?", into)?.id);
  const outOfId = Number(store.one("SELECT id FROM keys WHERE key = ? AND size > 0", outOf)?.id ?? 0);
  store.run("INSERT OR IGNORE INTO journals VALUES (?)", intoId);
  let [added, takenBack] = [0, 0];
  for (const some of batches(changed)) {
    const fresh = some.filter(
      ([keyId, memberId]) => outOfId === 0 || store.run(takeOut, outOfId, memberId, keyId) === 0,
    );
    takenBack += some.length - fresh.length;
    if (fresh.length === 0) continue;
    const values = fresh.flatMap(([keyId, memberId]) => [intoId, memberId, keyId]);
    added += store.run(`INSERT OR IGNORE INTO changes VALUES ${rowsOf(fresh.length, 3)}`, ...values);
  }
  if (added > 0) store.run("UPDATE keys SET size = size + ? WHERE id = ?", added, intoId);
  if (takenBack > 0) store.run("UPDATE keys SET size = size - ? WHERE id = ?", takenBack, outOfId);
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

const takeOut = "DELETE FROM changes WHERE journal_id = ? AND member_id = ? AND key_id = ?";

/** The two journals in the order in which a change of this kind is logged. */
export function logOf(kind: "add" | "remove", { added, removed }: Journal): { into: string; outOf: string } {
  return kind === "add" ? { into: added, outOf: removed } : { into: removed, outOf: added };
}

/** The ids in a journal's line, `key\nmember`; undefined for what cannot be one. */
export function idsOfLine(store: Database, line: string): EntryIds | undefined {
  const end = line.indexOf("\n");
  if (end === -1) return undefined;
  const keyId = store.one("SELECT id FROM keys WHERE key = ?", line.slice(0, end))?.id;
  const memberId = store.one("SELECT id FROM members WHERE member = ?", line.slice(end + 1))?.id;
  return keyId === undefined || memberId === undefined ? undefined : [Number(keyId), Number(memberId)];
}

export function holdsLine(store: Database, journalId: number, [keyId, memberId]: EntryIds): boolean {
  const sql = "SELECT 1 FROM changes WHERE journal_id = ? AND member_id = ? AND key_id = ?";
  return store.one(sql, journalId, memberId, keyId) !== undefined;
}

export function removeLine(store: Database, journalId: number, [keyId, memberId]: EntryIds): boolean {
  return store.run(takeOut, journalId, memberId, keyId) > 0;
}

/** What a journal logs of sets, as `key\nmember`. */
export function linesOf(store: Database, key: string): readonly string[] {
  const sql = `SELECT k.key || char(10) || m.member AS it FROM keys l CROSS JOIN changes c CROSS JOIN keys k CROSS JOIN members m
    WHERE l.key = ? AND c.journal_id = l.id AND k.id = c.key_id AND m.id = c.member_id`;
  return store.all(sql, key).map(({ it }) => String(it));
}

/** The journals, among the keys from `first` to before `end`, that log such an entry. */
export function journalsWith(store: Database, [keyId, memberId]: EntryIds, first: string, end: string): string[] {
  const sql = `SELECT l.key AS it FROM journals j CROSS JOIN changes c CROSS JOIN keys l
    WHERE c.journal_id = j.id AND c.member_id = ? AND c.key_id = ? AND l.id = j.id AND l.key >= ? AND l.key < ?`;
  return store.all(sql, memberId, keyId, first, end).map(({ it }) => String(it));
}

/** Empties a journal; resolves to the ids of the members that it named. */
export function emptyJournal(store: Database, id: number): readonly number[] {
  if (store.run("DELETE FROM journals WHERE id = ?", id) === 0) return [];
  const rows = store.all("SELECT DISTINCT member_id AS it FROM changes WHERE journal_id = ?", id);
  store.run("DELETE FROM changes WHERE journal_id = ?", id);
  return rows.map(({ it }) => Number(it));
}

/** Removes those of the members that no set holds and no journal names any more. */
export function forgetMembers(store: Database, memberIds: Iterable<number>): void {
  const sql = `DELETE FROM members WHERE id = ? AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.member_id = members.id)
    AND NOT EXISTS (${isLogged})`;
  for (const id of memberIds) store.run(sql, id);
}

/** Removes the keys of empty sets that no journal names. */
export function forgetKeys(store: Database): void {
  if (store.one("SELECT 1 FROM keys WHERE size = 0 LIMIT 1") === undefined) return;
  const sql = "DELETE FROM keys WHERE size = 0 AND id NOT IN (SELECT key_id FROM changes)";
  // An id may come back for another key.
  if (store.run(sql) > 0) store.run("DELETE FROM journals WHERE id NOT IN (SELECT id FROM keys)");
}
