/** Ids, and whether others are among them. */
export interface IdSet {
  readonly ids: readonly number[];
  readonly least: number;
  readonly greatest: number;
  /** A bit for each number from the least to the greatest of the ids, where these lie close enough together. */
  readonly bits: Uint32Array | undefined;
  readonly table: ReadonlySet<number>;
}

/** Bits for an id more than this, and to look into a table takes less than to make and to keep them. */
const mostBitsPerId = 1024;
const none: ReadonlySet<number> = new Set();

export function idSetOf(ids: readonly number[]): IdSet {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const id of ids) {
    if (id < least) least = id;
    if (id > greatest) greatest = id;
  }
  const span = greatest - least + 1;
  if (ids.length === 0 || span > ids.length * mostBitsPerId)
    return { ids, least, greatest, bits: undefined, table: new Set(ids) };
  const bits = new Uint32Array(Math.ceil(span / 32));
  for (const id of ids) {
    const bit = id - least;
    bits[bit >>> 5] = (bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }
  return { ids, least, greatest, bits, table: none };
}

/** The ids that all of the sets have, in the order of the smallest set. */
export function sharedIds(sets: readonly IdSet[]): readonly number[] {
  // Each set leaves fewer to be looked for in the next one.
  const [smallest, ...others] = sets.toSorted((a, b) => a.ids.length - b.ids.length);
  let ids = smallest?.ids ?? [];
  for (const set of others) ids = idsIn(set, ids);
  return ids;
}

function idsIn({ bits, least, table }: IdSet, ids: readonly number[]): readonly number[] {
  const found: number[] = [];
  if (bits === undefined) {
    for (const id of ids) if (table.has(id)) found.push(id);
    return found;
  }
  const end = bits.length * 32;
  for (const id of ids) {
    const bit = id - least;
    if (bit >= 0 && bit < end && (((bits[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1) found.push(id);
  }
  return found;
}
