import { type IdSet, idSetOf, sharedIds } from "./id-set.ts";

/** What is known of a set. */
export interface KnownSet {
  /** How many members it has; of one that changes elsewhere, how many it had. */
  size: number;
  /** Of its members, once they were read. */
  ids: number[] | undefined;
  /** Made of the ids when it is first asked for. */
  set: IdSet | undefined;
}

/**
 * Sets that are kept in memory, by key, to answer many questions: within bounds, and read only where that pays. Whether they are still true is
 * for those to say who know where they come from.
 */
export interface KnownSets<Known extends KnownSet> {
  get(key: string): Known | undefined;
  set(key: string, known: Known): void;
  delete(key: string): void;
  each(use: (known: Known) => void): void;
  /** Keeps a set's members; the list is its own from then on. */
  fill(known: Known, ids: number[]): void;
  /** Adds members to a set whose members are known, and does nothing to another. */
  grow(known: Known, ids: readonly number[]): void;
  /** Lets go of a set's members. */
  empty(known: Known): void;
  /**
   * Those sets that have to be read before the lists can be compared here; `undefined` where asking for each list is cheaper. Look-ups
   * are counted: sets are read once that takes no longer than the looking up before it, however the questions come.
   */
  toRead(lists: readonly (readonly Known[])[]): readonly Known[] | undefined;
  /** The ids that the sets of each list share, all of which are known. */
  shared(lists: readonly (readonly Known[])[]): readonly (readonly number[])[];
  /** Forgets all if that is too much, or would be with so many ids more. True if it did. */
  forgetMuch(more?: number): boolean;
  forget(): void;
}

export interface KnownSetsOptions {
  /** To look a member up where the sets are takes as long as to read so many. */
  readonly lookUpCost: number;
  /** How many texts are kept for the ids. */
  textCount(): number;
  /** Called when all is forgotten. */
  forgotten(): void;
}

/** About 64 MB: an id takes some ten bytes, the text of a path hundred and more. */
const mostKept = { ids: 2_000_000, texts: 300_000, sets: 100_000 } as const;

export function knownSets<Known extends KnownSet>(options: KnownSetsOptions): KnownSets<Known> {
  const sets = new Map<string, Known>();
  let lookedUp = 0;
  let idCount = 0;

  const forget = (): void => {
    sets.clear();
    idCount = 0;
    options.forgotten();
  };
  const bitsOf = (known: Known): IdSet => (known.set ??= idSetOf(known.ids ?? []));

  return {
    get: (key) => sets.get(key),
    set: (key, known) => void sets.set(key, known),
    delete: (key) => void sets.delete(key),
    each(use) {
      for (const known of sets.values()) use(known);
    },
    fill(known, ids) {
      idCount += ids.length - (known.ids?.length ?? 0);
      known.ids = ids;
      known.size = ids.length;
      known.set = undefined;
    },
    grow(known, ids) {
      if (known.ids === undefined) return;
      for (const id of ids) known.ids.push(id);
      known.set = undefined;
      idCount += ids.length;
    },
    empty(known) {
      idCount -= known.ids?.length ?? 0;
      known.ids = undefined;
      known.set = undefined;
    },
    toRead(lists) {
      const unread = new Set<Known>();
      for (const list of lists) {
        let least = Number.POSITIVE_INFINITY;
        let isKnown = true;
        for (const known of list) {
          if (known.size < least) least = known.size;
          if (known.ids !== undefined) continue;
          isKnown = false;
          unread.add(known);
        }
        if (!isKnown) lookedUp += least * list.length;
      }
      let members = 0;
      for (const { size } of unread) members += size;
      if (members > lookedUp * options.lookUpCost) return undefined;
      lookedUp -= members / options.lookUpCost;
      return [...unread];
    },
    shared: (lists) => lists.map((list) => sharedIds(list.map(bitsOf))),
    forgetMuch(more = 0) {
      const isMuch = idCount + more > mostKept.ids || options.textCount() > mostKept.texts || sets.size > mostKept.sets;
      if (isMuch) forget();
      return isMuch;
    },
    forget() {
      lookedUp = 0;
      forget();
    },
  };
}
