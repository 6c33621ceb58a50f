import type { Database } from "../../core/sqlite-file.ts";
import { type KnownSet, knownSets } from "./known-sets.ts";
import { idsOfSet, readTexts } from "./sqlite-bulk.ts";
import type { Changed } from "./sqlite-change.ts";
import { textsById } from "./texts-by-id.ts";

/** Where the set of a key is, and what is known of it. */
export interface KnownPlace extends KnownSet {
  /** 0 for a key that is not there. */
  readonly id: number;
}

/**
 * What was read of a file and what this connection has put there, kept until anybody changes anything else. It is asked within a
 * transaction that began with `renew`, so that every answer is of that transaction's moment.
 */
export interface SqliteKnown {
  /** Forgets all if anybody has written: another connection or process, or this one in ways that `learning` is not told of. */
  renew(store: Database): void;
  placeOf(store: Database, key: string): KnownPlace;
  /**
   * What each list of sets shares, none of them empty; `undefined` where looking members up in the file is cheaper.
   */
  intersectAll(store: Database, lists: readonly (readonly KnownPlace[])[]): readonly (readonly string[])[] | undefined;
  /**
   * Called as a write begins that does nothing but add; what comes back is called as it ends, with all that it added; and what
   * that gives, once the write is committed.
   */
  learning(store: Database): (added: readonly Changed[]) => () => void;
}

/** To look a member up in a set on the file costs about as much as to read this many members in a row. */
const lookUpCost = 8;

export function sqliteKnown(): SqliteKnown {
  let version = "";
  const texts = textsById();
  const places = knownSets<KnownPlace>({ lookUpCost, textCount: texts.count, forgotten: texts.clear });

  const renew = (store: Database): string => {
    const now = versionOf(store);
    if (now === version) return now;
    version = now;
    places.forget();
    return now;
  };
  const learn = (id: number, { key, size, ids }: Growth): void => {
    let place = places.get(key);
    if (place === undefined || place.id !== id) {
      // All that is in it came now, or it is not known.
      if (size !== ids.length) {
        places.delete(key);
        return;
      }
      place = { id, size: 0, ids: [], set: undefined };
      places.set(key, place);
    }
    place.size = size;
    places.grow(place, ids);
  };

  return {
    renew,
    placeOf(store, key) {
      const there = places.get(key);
      if (there !== undefined) return there;
      const { id, size } = rowOf(store, key);
      const place: KnownPlace = { id, size, ids: undefined, set: undefined };
      places.set(key, place);
      return place;
    },
    intersectAll(store, lists) {
      const unread = places.toRead(lists);
      if (unread === undefined) return undefined;
      places.forgetMuch(unread.reduce((sum, { size }) => sum + size, 0));
      for (const place of unread) places.fill(place, idsOfSet(store, place.id));
      const shared = places.shared(lists);
      readTexts(store, texts.missing(shared), texts.set);
      const found = shared.map((ids) => ids.map(texts.get));
      places.forgetMuch();
      return found;
    },
    learning(store) {
      const before = renew(store);
      return (added) => {
        const grown = new Map<number, Growth>();
        for (const { entries, keyIds, memberIds } of added) {
          for (let i = 0; i < keyIds.length; i += 1) {
            const [keyId = 0, memberId = 0, key = ""] = [keyIds[i], memberIds[i], entries[i]?.[0]];
            const growth = grown.get(keyId);
            if (growth === undefined) grown.set(keyId, { key, size: rowOf(store, key).size, ids: [memberId] });
            else growth.ids.push(memberId);
          }
        }
        const after = versionOf(store);
        return () => {
          // Somebody has asked meanwhile, who saw the file as it is now.
          if (version !== before) return;
          version = after;
          for (const [id, growth] of grown) learn(id, growth);
          for (const { entries, memberIds } of added) {
            for (let i = 0; i < memberIds.length; i += 1) texts.set(memberIds[i] as number, entries[i]?.[1] ?? "");
          }
          places.forgetMuch();
        };
      };
    },
  };
}

/** How large a set is after a write, and the ids of the members that came. */
interface Growth {
  readonly key: string;
  readonly size: number;
  readonly ids: number[];
}

/** Changes with each commit of another connection, and with each row that this one writes. */
function versionOf(store: Database): string {
  return `${store.one("PRAGMA data_version")?.data_version} ${store.one("SELECT total_changes() AS it")?.it}`;
}

function rowOf(store: Database, key: string): { readonly id: number; readonly size: number } {
  const row = store.one("SELECT id, size FROM keys WHERE key = ?", key);
  return { id: Number(row?.id ?? 0), size: Number(row?.size ?? 0) };
}
