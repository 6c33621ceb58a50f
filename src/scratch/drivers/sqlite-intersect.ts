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
    const answer = answers.get(asked) ?? idsInAll(first, others);
    answers.set(asked, answer);
    return answer;
  });
  const texts = textsOf(store, new Set([...answers.values()].flat()));
  return shared.map((ids) => ids.map((id) => texts.get(id) ?? ""));
}

function idsInAll(first: IdSet | undefined, others: readonly IdSet[]): readonly number[] {
  let ids = first?.ids ?? [];
  for (const { has } of others) ids = ids.filter(has);
  return ids;
}

/** Ids, and whether others are among them. */
interface IdSet {
  readonly ids: readonly number[];
  has(id: number): boolean;
}

/** Bits for an id more than this, and to look into a table takes less than to make and to keep them. */
const mostBitsPerId = 1024;

/** A bit for each number between the least and the greatest of the ids, where these lie close enough together. */
function idSetOf(ids: readonly number[]): IdSet {
  const least = ids.reduce((found, id) => Math.min(found, id), Number.POSITIVE_INFINITY);
  const span = ids.reduce((found, id) => Math.max(found, id), least) - least + 1;
  if (!(span <= ids.length * mostBitsPerId)) {
    const table = new Set(ids);
    return { ids, has: (id) => table.has(id) };
  }
  const bits = new Uint32Array(Math.ceil(span / 32));
  for (const id of ids) {
    const bit = id - least;
    bits[bit >>> 5] = (bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }
  return {
    ids,
    has(id) {
      const bit = id - least;
      return bit >= 0 && (((bits[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
    },
  };
}

/** In any order, and one row: a row for each member takes several times as long. */
function idsIn(store: Database, keyId: number): readonly number[] {
  const sql = "SELECT group_concat(member_id) AS it FROM entries WHERE key_id = ?";
  return JSON.parse(`[${String(store.one(sql, keyId)?.it ?? "")}]`);
}

const idsPerCall = 50_000;

function textsOf(store: Database, wanted: ReadonlySet<number>): ReadonlyMap<number, string> {
  const all = [...wanted];
  const texts = new Map<number, string>();
  for (let start = 0; start < all.length; start += idsPerCall) {
    const list = JSON.stringify(all.slice(start, start + idsPerCall));
    const row = store.one(
      `SELECT group_concat(m.id) AS ids, group_concat(m.member, char(10)) AS members ${ofList}`,
      list,
    );
    const ids: readonly number[] = JSON.parse(`[${String(row?.ids ?? "")}]`);
    const lines = String(row?.members ?? "").split("\n");
    // A member that holds line breaks itself: JSON takes longer, and knows them apart.
    const members = lines.length === ids.length ? lines : membersOf(store, list);
    for (let i = 0; i < ids.length; i += 1) texts.set(ids[i] as number, members[i] as string);
  }
  return texts;
}

const ofList = "FROM json_each(?) l CROSS JOIN members m WHERE m.id = l.value";

/** In the order in which SQLite goes through the list. */
function membersOf(store: Database, list: string): readonly string[] {
  return JSON.parse(String(store.one(`SELECT json_group_array(m.member) AS members ${ofList}`, list)?.members));
}
