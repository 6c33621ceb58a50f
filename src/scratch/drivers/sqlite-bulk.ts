import type { Database } from "../../core/sqlite-file.ts";

/** The ids of a set's members in any order, in one row: a row for each takes several times as long. */
export function idsOfSet(store: Database, keyId: number): number[] {
  const sql = "SELECT group_concat(member_id) AS it FROM entries WHERE key_id = ?";
  return JSON.parse(`[${String(store.one(sql, keyId)?.it ?? "")}]`);
}

const idsPerCall = 50_000;
/** Reading so many rows in a row takes about as long as to look one up. */
const rowsPerLookUp = 2;

/** Calls back with the text of each of these members, which are there, and perhaps of others. */
export function readTexts(store: Database, wanted: readonly number[], found: (id: number, text: string) => void): void {
  for (let start = 0; start < wanted.length; start += idsPerCall) {
    const ids = wanted.slice(start, start + idsPerCall);
    let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const id of ids) {
      least = Math.min(least, id);
      greatest = Math.max(greatest, id);
    }
    const isDense = greatest - least < ids.length * rowsPerLookUp;
    const [from, ...values] = isDense ? [inRange, least, greatest] : [inList, JSON.stringify(ids)];
    const row = store.one(
      `SELECT group_concat(m.id) AS ids, group_concat(m.member, char(10)) AS members ${from}`,
      ...values,
    );
    const there: readonly number[] = JSON.parse(`[${String(row?.ids ?? "")}]`);
    const lines = String(row?.members ?? "").split("\n");
    // A member that holds line breaks itself: JSON takes longer, and knows them apart.
    const members =
      lines.length === there.length
        ? lines
        : JSON.parse(String(store.one(`SELECT json_group_array(m.member) AS it ${from}`, ...values)?.it));
    for (let i = 0; i < there.length; i += 1) found(there[i] as number, members[i] as string);
  }
}

// SQLite goes through either in the same order each time.
const inList = "FROM json_each(?) l CROSS JOIN members m WHERE m.id = l.value";
const inRange = "FROM members m WHERE m.id BETWEEN ? AND ?";
