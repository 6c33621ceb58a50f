import { type KnownSet, knownSets } from "./known-sets.ts";
import { type Command, type RedisClient, trackNext } from "./redis-client.ts";
import type { RedisHearing } from "./redis-listener.ts";
import type { RedisTracking } from "./redis-tracking.ts";
import { textsById } from "./texts-by-id.ts";

interface KnownPlace extends KnownSet {
  /** Whether its size was told, and is not just 0. */
  isSized: boolean;
  /** Somebody else has written to it: its members are not learned from writes any more, but read. */
  isForeign: boolean;
  /** How often it was asked for. */
  asked: number;
  /** Changes that the server told, less those of the own writes that were learned: 0 while nobody else has written. */
  balance: number;
  /** Raised when what is on its way does not fit any more. */
  turn: number;
  /** Learned writes on their way. */
  writing: number;
  /** Members that were learned, and get their ids when the set is first asked for: mostly nobody ever does. */
  late: (readonly string[])[];
  reading: Promise<void> | undefined;
}

/** A write whose additions are learned. */
export interface Learning {
  /** The keys whose sizes before and after it has to tell. */
  readonly keys: readonly string[];
  /** `sizes`: before and after, key by key; `added`: the members that came, by key. */
  done(sizes: readonly number[], added: ReadonlyMap<string, readonly string[]>): void;
  /** It has changed nothing, or nobody knows. */
  failed(): void;
}

/**
 * Sets of a Redis that are kept here, each as long as nobody else changes it, to answer queries that name nothing but sets.
 *
 * An answer is of the moment at which the listening connection was asked what there is to tell: whatever another's write changed that ended before
 * the query began, was told by then, and its sets are asked of the server. Of its own writes the client is told, too: each that is learned
 * reads the sets before and after it changes them, so that the server tells exactly once of each that it changes. What was told more often
 * than that came of somebody else.
 */
export interface RedisKnown {
  /** What each list of keys shares, from here or from the server. */
  intersectAll(lists: readonly (readonly string[])[]): Promise<readonly (readonly string[])[]>;
  /** Called as a write is about to go that does nothing to the sets of these keys but add. `isMany`: enough to learn new sets from. */
  learning(keys: readonly string[], isMany: boolean): Learning;
  /** Has the server tell of changes, where it can. */
  begin(): Promise<boolean>;
  clientLost(): void;
  close(): void;
}

/** To look a member up on the server takes a twentieth of the time in which one is read and kept. */
const lookUpCost = 1 / 20;
/** So many learned members may wait for their ids: till then a path that is in several sets may be here as often. */
const mostLate = 200_000;
/** So many lists are worth the question how large their sets are. */
const manyLists = 50;
/** A batch of the client's has at most 2000 commands, and no other may come between those of one set. */
const setsPerBatch = 100;

export function redisKnown(client: RedisClient, track: (hearing: RedisHearing) => RedisTracking): RedisKnown {
  const texts = textsById();
  let idsByText = new Map<string, number>();
  /** Counts how often all was forgotten. */
  let generation = 0;
  let turns = 0;
  let lateCount = 0;
  /** Learned writes that have begun, and those on their way. */
  const writes = { begun: 0, onWay: 0 };
  const sets = knownSets<KnownPlace>({
    lookUpCost,
    textCount: texts.count,
    forgotten() {
      generation += 1;
      lateCount = 0;
      texts.clear();
      idsByText = new Map();
    },
  });

  const tracking = track({
    told(keys) {
      if (keys === undefined) sets.forget();
      for (const key of keys ?? []) {
        const place = sets.get(key);
        if (place !== undefined) place.balance += 1;
      }
    },
    lost: sets.forget,
  });

  const placeOf = (key: string): KnownPlace => {
    const there = sets.get(key);
    if (there !== undefined) return there;
    const place: KnownPlace = {
      size: 0,
      ids: undefined,
      set: undefined,
      isSized: false,
      isForeign: false,
      asked: 0,
      balance: 0,
      turn: 0,
      writing: 0,
      late: [],
      reading: undefined,
    };
    sets.set(key, place);
    return place;
  };
  const turn = (place: KnownPlace): number => {
    turns += 1;
    place.turn = turns;
    return turns;
  };
  const idOf = (text: string): number => {
    const there = idsByText.get(text);
    if (there !== undefined) return there;
    const id = idsByText.size + 1;
    idsByText.set(text, id);
    texts.set(id, text);
    return id;
  };
  const learnLater = (place: KnownPlace, members: readonly string[]): void => {
    place.late.push(members);
    lateCount += members.length;
  };
  const learnNow = (place: KnownPlace): void => {
    for (const members of forgetLate(place)) sets.grow(place, members.map(idOf));
  };
  const forgetLate = (place: KnownPlace): readonly (readonly string[])[] => {
    const { late } = place;
    for (const members of late) lateCount -= members.length;
    place.late = [];
    return late;
  };
  const dropForeign = (place: KnownPlace): void => {
    forgetLate(place);
    sets.empty(place);
    place.isForeign = true;
    turn(place);
  };

  const measure = async (keys: readonly string[]): Promise<void> => {
    const sizes = await client.pipeline(keys.map((key) => ["SCARD", key]));
    for (const [i, key] of keys.entries()) noteSize(placeOf(key), Number(sizes[i]));
  };
  const noteSize = (place: KnownPlace, size: number): void => {
    place.isSized = true;
    if (place.ids === undefined) place.size = size;
  };
  /** Reads some sets, those with a time to live for nobody: of their end the server may tell late. */
  const readSome = async (some: readonly (readonly [key: string, place: KnownPlace])[]): Promise<void> => {
    const at = generation;
    const begun = some.map(([, place]) => {
      place.balance = 0;
      return turn(place);
    });
    const commands = some.flatMap(([key]): readonly Command[] => [trackNext, ["SMEMBERS", key], ["PTTL", key]]);
    // What cannot be read the server is asked for, and says itself what is wrong.
    const replies = await client.pipeline(commands).catch(() => undefined);
    if (replies === undefined || generation !== at) return;
    for (const [i, [, place]] of some.entries()) {
      const [members, timeToLive] = [replies[3 * i + 1] as readonly string[], Number(replies[3 * i + 2])];
      if (place.turn === begun[i] && timeToLive < 0) sets.fill(place, members.map(idOf));
    }
  };
  const read = async (places: ReadonlyMap<string, KnownPlace>): Promise<void> => {
    const unread = [...places].filter(([, { reading, writing }]) => reading === undefined && writing === 0);
    for (let start = 0; start < unread.length; start += setsPerBatch) {
      const some = unread.slice(start, start + setsPerBatch);
      const reading = readSome(some).finally(() => {
        for (const [, place] of some) place.reading = undefined;
      });
      for (const [, place] of some) place.reading = reading;
    }
    await Promise.all(Array.from(places.values(), ({ reading }) => reading));
  };

  /** What is known here of the lists; `undefined` for what the server has to be asked. */
  const fromHere = async (
    lists: readonly (readonly string[])[],
  ): Promise<readonly (readonly string[] | undefined)[]> => {
    const nothing = lists.map(() => undefined);
    const [at, begun] = [generation, writes.begun];
    const isUndisturbed = (): boolean => generation === at && writes.begun === begun && writes.onWay === 0;
    if (!isUndisturbed()) return nothing;
    const asked = lists.map((keys) => keys.map((key) => ({ key, place: placeOf(key) })));
    const sized = asked.filter((list) => list.every(({ place }) => place.isSized));
    const unread = new Set(sets.toRead(sized.map((list) => list.map(({ place }) => place))));
    if (unread.size > 0) {
      const members = [...unread].reduce((sum, { size }) => sum + size, 0);
      if (!(await tracking.begin()) || !isUndisturbed() || sets.forgetMuch(lateCount + members)) return nothing;
      const missing = sized.flat().filter(({ place }) => unread.has(place));
      await read(new Map(missing.map(({ key, place }) => [key, place])));
    }
    if (!asked.some((list) => list.every(({ place }) => place.ids !== undefined))) return nothing;
    if (!(await tracking.settled()) || !isUndisturbed()) return nothing;
    // From here on nothing is waited for: all answers are of one moment.
    const isTrue = (place: KnownPlace): boolean => {
      if (place.ids !== undefined && place.balance !== 0) dropForeign(place);
      return place.ids !== undefined;
    };
    const places = asked.map((list) => list.map(({ place }) => place));
    const known = places.filter((list) => list.every(isTrue));
    for (const place of new Set(known.flat())) learnNow(place);
    const shared = new Map(sets.shared(known).map((ids, i) => [known[i], ids.map(texts.get)]));
    return places.map((list) => shared.get(list));
  };
  const fromServer = async (lists: readonly (readonly string[])[]): Promise<readonly (readonly string[])[]> => {
    const commands = lists.map((keys): Command => ["SINTER", ...keys]);
    if (lists.length >= manyLists || !tracking.mayBe()) return (await client.pipeline(commands)) as string[][];
    // What is asked for again may come to be worth reading, by its size.
    const places = new Map(lists.flat().map((key) => [key, placeOf(key)]));
    const again: (readonly [string, KnownPlace])[] = [];
    for (const [key, place] of places) {
      place.asked += 1;
      if (place.asked > 1 && !place.isSized) again.push([key, place]);
    }
    // One by one: a batch that was half answered is not sent again over a new connection.
    const [found] = await Promise.all([
      Promise.all(commands.map(client.call)),
      ...again.map(async ([key, place]) => noteSize(place, Number(await client.call(["SCARD", key])))),
    ]);
    return found as string[][];
  };

  return {
    async intersectAll(lists) {
      if (!tracking.mayBe()) return fromServer(lists);
      if (lists.length >= manyLists) {
        const keys = new Set(lists.flat().filter((key) => !placeOf(key).isSized));
        if (keys.size > 0) await measure([...keys]);
      }
      const known = await fromHere(lists);
      const missing = lists.filter((_, i) => known[i] === undefined);
      const found = missing.length === 0 ? [] : await fromServer(missing);
      sets.forgetMuch(lateCount);
      const rest = found.values();
      return known.map((members) => members ?? rest.next().value ?? []);
    },
    begin: tracking.begin,
    learning(keys, isMany) {
      if (!tracking.isOn()) return learnsNothing;
      const at = generation;
      const learned = keys.flatMap((key): Learned[] => {
        const place = isMany ? placeOf(key) : sets.get(key);
        if (place === undefined) return [];
        if (place.ids !== undefined && place.writing === 0 && place.balance > 0) dropForeign(place);
        if (place.ids !== undefined) return [{ key, place, turn: undefined }];
        // What is there already has to be read.
        if (!isMany || place.isForeign || place.size > 0) return [];
        if (place.writing > 0) return [{ key, place, turn: undefined }];
        place.balance = 0;
        return [{ key, place, turn: turn(place) }];
      });
      if (learned.length === 0) return learnsNothing;
      writes.begun += 1;
      writes.onWay += 1;
      for (const { place } of learned) place.writing += 1;
      const end = (): void => {
        writes.onWay -= 1;
        for (const { place } of learned) place.writing -= 1;
      };
      return {
        keys: learned.map(({ key }) => key),
        done(sizes, added) {
          end();
          if (generation !== at) return;
          for (const [i, { key, place, turn }] of learned.entries()) {
            const [before, after] = [sizes[2 * i], sizes[2 * i + 1] ?? 0];
            const members = added.get(key) ?? [];
            if (members.length > 0) place.balance -= 1;
            place.isSized = true;
            if (place.ids === undefined) {
              if (turn !== undefined && turn === place.turn && before === 0 && after === members.length) {
                sets.fill(place, []);
                learnLater(place, members);
              } else place.isForeign = true;
            } else if (before === place.size && after === place.size + members.length) learnLater(place, members);
            else dropForeign(place);
            place.size = after;
          }
          if (lateCount > mostLate) sets.each(learnNow);
          sets.forgetMuch(lateCount);
        },
        failed: end,
      };
    },
    clientLost: tracking.clientLost,
    close: tracking.close,
  };
}

interface Learned {
  readonly key: string;
  readonly place: KnownPlace;
  /** Of a set of which nothing was known as the write went. */
  readonly turn: number | undefined;
}

const learnsNothing: Learning = { keys: [], done() {}, failed() {} };
