import { wordComparer } from "../kernels/word-comparer.ts";
import type { Card } from "./card.ts";
import { wordsPerCard } from "./record-words.ts";

/**
 * Which keywords a header's records have, in their order. The frames of one night share it, and say most things in the same
 * characters: what was made of one header serves the next.
 */
export interface HeaderLayout {
  /** The first record of that name, which is of eight characters at most and in capitals. */
  find(keyword: string): number | undefined;
  /** The card of a record that has these words, if one of the headers before had the same there. Cards are immutable. */
  known(words: Int32Array, record: number): Card | undefined;
  /** The same, made and remembered where it is not known. */
  card(words: Int32Array, record: number, make: () => Card): Card;
}

/** A header like one before: what it has other than that one. */
export interface LikeBefore {
  readonly layout: HeaderLayout;
  /** The words of that one. */
  readonly before: Int32Array;
  /** As a `WordComparer` finds them. */
  readonly changes: Int32Array;
}

const nameLength = 8;
/** Up to column 40, behind the places of a value in fixed format and of most texts. */
const valueWords = 10;

/** The last layout of each number of records: the HDUs of a file hardly ever have the same. */
const recent = new Map<number, { words: Int32Array; readonly layout: HeaderLayout }>();
const recentLimit = 16;
const compared = wordComparer();
/** Longer headers are rare, and what is kept of them would be much. */
const countLimit = 4096;

/** @param words whole records, which nobody changes any more */
export function headerLayout(words: Int32Array): HeaderLayout {
  const count = words.length / wordsPerCard;
  const last = recent.get(count);
  if (last !== undefined && hasNames(words, last.words)) {
    last.words = words;
    return last.layout;
  }
  const layout = layoutOf(namesIn(words));
  if (count > countLimit) return layout;
  if (recent.size >= recentLimit) recent.clear();
  recent.set(count, { words, layout });
  return layout;
}

/**
 * The header at the start of these words, where one before had the same records. To look for what differs takes a fraction of the time of
 * reading it anew, and what is kept of it is a fraction of its size.
 *
 * @param isEnd whether an END card stands behind so many records
 */
export function layoutLikeBefore(words: Int32Array, isEnd: (count: number) => boolean): LikeBefore | undefined {
  for (const [count, { words: before, layout }] of recent) {
    // What stands behind CONTINUE may be of the card before it, or not.
    if (words.length < (count + 1) * wordsPerCard || !isEnd(count) || layout.find("CONTINUE") !== undefined) continue;
    const changes = compared.changes(words, before);
    if (changes !== undefined) return { layout, before, changes };
  }
  return undefined;
}

function namesIn(words: Int32Array): Int32Array {
  const names = new Int32Array((2 * words.length) / wordsPerCard);
  for (let at = 0, from = 0; at < names.length; at += 2, from += wordsPerCard) {
    names[at] = words[from] as number;
    names[at + 1] = words[from + 1] as number;
  }
  return names;
}

function hasNames(words: Int32Array, others: Int32Array): boolean {
  for (let from = 0; from < words.length; from += wordsPerCard) {
    if (words[from] !== others[from] || words[from + 1] !== others[from + 1]) return false;
  }
  return true;
}

/** The records' names as eight bytes each. */
function layoutOf(names: Int32Array): HeaderLayout {
  const count = names.length / 2;
  const search = nameTable(names);
  const found = new Map<string, number | undefined>();
  const cards = cardTable(count);
  return {
    find(keyword) {
      const before = found.get(keyword);
      if (before !== undefined || found.has(keyword)) return before;
      const record = search(keyword);
      // Those that are not there are asked for in every frame as well.
      if (found.size < 2 * count) found.set(keyword, record);
      return record;
    },
    ...cards,
  };
}

/** Of each layout so many times as many cards as it has records: most take few values, or another one in every frame. */
const cardsPerRecord = 16;
const slotLimit = 4096;

/** Cards by record and characters; one that comes to the place of another takes it. */
function cardTable(count: number): Pick<HeaderLayout, "known" | "card"> {
  const size = Math.min(slotLimit, 2 ** Math.ceil(Math.log2(count * cardsPerRecord + 1)));
  const cards: (Card | undefined)[] = new Array(size).fill(undefined);
  const records = new Int32Array(size);
  let characters: Int32Array | undefined;
  const slotOf = (words: Int32Array, record: number): number => {
    let hash = record;
    // Values stand there; the comment behind them is the same in every frame.
    for (let at = 2; at < valueWords; at += 1) hash = Math.imul(hash ^ (words[at] as number), 0x9e3779b1);
    return (hash ^ (hash >>> 15)) & (size - 1);
  };
  const cardIn = (slot: number, words: Int32Array, record: number): Card | undefined => {
    const card = cards[slot];
    if (card === undefined || characters === undefined || records[slot] !== record) return undefined;
    const to = slot * wordsPerCard;
    // The name is the same by the layout.
    for (let i = 2; i < wordsPerCard; i += 1) if (words[i] !== characters[to + i]) return undefined;
    return card;
  };
  return {
    known: (words, record) => cardIn(slotOf(words, record), words, record),
    card(words, record, make) {
      const slot = slotOf(words, record);
      const before = cardIn(slot, words, record);
      if (before !== undefined) return before;
      const card = make();
      cards[slot] = card;
      records[slot] = record;
      characters ??= new Int32Array(size * wordsPerCard);
      characters.set(words, slot * wordsPerCard);
      return card;
    },
  };
}

/**
 * The records by their names in capitals: a hash table over the bytes themselves, as to make a string and an entry of a map
 * for each of them takes longer than all the reading that follows.
 */
function nameTable(names: Int32Array): HeaderLayout["find"] {
  const mask = 2 ** Math.ceil(Math.log2(names.length + 2)) - 1;
  /** A record's number from 1; 0 is free. */
  const slots = new Int32Array(mask + 1);
  const place = (first: number, second: number): number => {
    for (let slot = hashOf(first, second) & mask; ; slot = (slot + 1) & mask) {
      const at = ((slots[slot] as number) - 1) * 2;
      if (at < 0) return slot;
      if (capitals(names[at] as number) === first && capitals(names[at + 1] as number) === second) return slot;
    }
  };
  for (let at = 0; at < names.length; at += 2) {
    const slot = place(capitals(names[at] as number), capitals(names[at + 1] as number));
    if (slots[slot] === 0) slots[slot] = at / 2 + 1;
  }
  const wanted = new Int32Array(2);
  const wantedBytes = new Uint8Array(wanted.buffer);
  return (keyword) => {
    if (keyword.length > nameLength) return undefined;
    for (let i = 0; i < nameLength; i += 1) {
      const code = i < keyword.length ? keyword.charCodeAt(i) : 0x20;
      if (code > 0x7e) return undefined;
      wantedBytes[i] = code;
    }
    const record = slots[place(wanted[0] as number, wanted[1] as number)] as number;
    return record === 0 ? undefined : record - 1;
  };
}

function hashOf(first: number, second: number): number {
  const hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}

/** Four ASCII characters; those from a to z in capitals. */
function capitals(word: number): number {
  // Bytes of 0x60 and more, most words have none of.
  if ((word & (word << 1) & 0x40404040) === 0) return word;
  let result = word;
  for (let shift = 0; shift < 32; shift += 8) {
    const code = (word >>> shift) & 0xff;
    if (code >= 0x61 && code <= 0x7a) result -= 0x20 << shift;
  }
  return result | 0;
}
