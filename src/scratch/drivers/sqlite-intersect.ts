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

  const sets = new Map<number, IdSet>();
  const setOf = ({ id }: Place): IdSet => {
    const set = sets.get(id) ?? idSetOf(idsIn(store, id));
    sets.set(id, set);
    return set;
  };
  const answers = new Map<string, readonly number[]>();
  const shared = lists.map((list) => {
    const places = list.toSorted((a, b) => a.size - b.size);
    const asked = places.map(({ id }) => id).join();
    const [first, ...others] = answers.has(asked) ? [] : places.map(setOf);
    const answer = answers.get(asked) ?? first?.ids.filter((id) => others.every((set) => isIn(set, id))) ?? [];
    answers.set(asked, answer);
    return answer;
  });
  const texts = textsOf(store, new Set([...answers.values()].flat()));
  return shared.map((ids) => ids.map((id) => texts.get(id) ?? ""));
}

/** Ids, with a bit for each number between the least and the greatest of them, where these lie close enough together. */
interface IdSet {
  readonly ids: readonly number[];
  readonly least: number;
  readonly bits: Uint32Array | undefined;
}

/** Bits for an id more than this, and a search takes less than to make and to keep them. */
const mostBitsPerId = 1024;

function idSetOf(ids: readonly number[]): IdSet {
  const [least = 0, greatest = 0] = [ids[0], ids.at(-1)];
  const span = greatest - least + 1;
  if (span > ids.length * mostBitsPerId) return { ids, least, bits: undefined };
  const bits = new Uint32Array(Math.ceil(span / 32));
  for (const id of ids) {
    const bit = id - least;
    bits[bit >>> 5] = (bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }
  return { ids, least, bits };
}

function isIn({ ids, least, bits }: IdSet, wanted: number): boolean {
  if (bits === undefined) return isAmong(ids, wanted);
  const bit = wanted - least;
  return bit >= 0 && (((bits[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
}

/** Ascending, as the primary key has them. One row: a row for each member takes several times as long. */
function idsIn(store: Database, keyId: number): readonly number[] {
  const sql =
    "SELECT group_concat(member_id) AS it FROM (SELECT member_id FROM entries WHERE key_id = ? ORDER BY member_id)";
  return JSON.parse(`[${String(store.one(sql, keyId)?.it ?? "")}]`);
}

const idsPerCall = 50_000;

function textsOf(store: Database, wanted: ReadonlySet<number>): ReadonlyMap<number, string> {
  const ids = [...wanted];
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

function isAmong(sorted: readonly number[], wanted: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
}
