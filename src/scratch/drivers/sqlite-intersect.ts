import type { Database } from "../../core/sqlite-file.ts";
import type { Place } from "./sqlite-select.ts";

/** To look a member up in a set on the file costs about as much as to read this many members in a row. */
const lookUpCost = 8;

/**
 * What each list of sets shares. Where the lists ask more of their sets than it takes to read these once, the sets are compared here;
 * `undefined` where they do not.
 */
export function intersectAll(
  store: Database,
  lists: readonly (readonly Place[])[],
): readonly (readonly string[])[] | undefined {
  const sizes = new Map(lists.flat().map(({ id, size }) => [id, size]));
  const toRead = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const least = (list: readonly Place[]): number => Math.min(...list.map(({ size }) => size));
  const toLookUp = lists.reduce((sum, list) => sum + least(list) * list.length, 0);
  if (toLookUp * lookUpCost < toRead) return undefined;

  const sets = new Map<number, readonly number[]>();
  const setOf = ({ id }: Place): readonly number[] => {
    const set = sets.get(id) ?? idsIn(store, id);
    sets.set(id, set);
    return set;
  };
  const shared = lists.map((list) => {
    const [first = [], ...others] = list.toSorted((a, b) => a.size - b.size).map(setOf);
    return first.filter((id) => others.every((set) => isIn(set, id)));
  });
  const texts = textsOf(store, [...new Set(shared.flat())]);
  return shared.map((ids) => ids.map((id) => texts.get(id) ?? ""));
}

/** Ascending, as the primary key has them. One row: a row for each member takes several times as long. */
function idsIn(store: Database, keyId: number): readonly number[] {
  const sql =
    "SELECT json_group_array(member_id) AS it FROM (SELECT member_id FROM entries WHERE key_id = ? ORDER BY member_id)";
  return JSON.parse(String(store.one(sql, keyId)?.it));
}

const idsPerCall = 50_000;

function textsOf(store: Database, ids: readonly number[]): ReadonlyMap<number, string> {
  const texts = new Map<number, string>();
  const sql = `SELECT json_group_array(m.id) AS ids, json_group_array(m.member) AS members
    FROM json_each(?) l CROSS JOIN members m WHERE m.id = l.value`;
  for (let start = 0; start < ids.length; start += idsPerCall) {
    const row = store.one(sql, JSON.stringify(ids.slice(start, start + idsPerCall)));
    const members: readonly string[] = JSON.parse(String(row?.members));
    (JSON.parse(String(row?.ids)) as readonly number[]).forEach((id, i) => void texts.set(id, members[i] ?? ""));
  }
  return texts;
}

function isIn(sorted: readonly number[], wanted: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
}
