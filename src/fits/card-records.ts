import { Card } from "./card.ts";
import { cardLength } from "./card-format.ts";

/** A header's cards as they stand in a file. Few of hundreds are ever asked for: each is made when it is. */
export interface CardRecords {
  /** The first card of a keyword in capitals. */
  first(keyword: string): Card | undefined;
  /** All of them; those that were made before are the same. */
  all(): Card[];
}

/** The records of `bytes` up to `end`; `undefined` where some of them make one card together, by CONTINUE. */
export function cardRecords(bytes: Uint8Array, end: number): CardRecords | undefined {
  const count = end / cardLength;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, end).toString("latin1");
  const names = nameTable(bytes, count);
  const made: (Card | undefined)[] = [];
  const cardAt = (record: number): Card => {
    const start = record * cardLength;
    const card = made[record] ?? Card.parse(text.slice(start, start + cardLength));
    made[record] = card;
    return card;
  };
  if (names.find("CONTINUE") !== undefined) return undefined;
  const long = new Map<string, number>();
  if (names.find("HIERARCH") !== undefined) {
    for (let record = 0; record < count; record += 1) {
      const start = record * cardLength;
      if (text.slice(start, start + nameLength).toUpperCase() !== "HIERARCH") continue;
      const { keyword } = cardAt(record);
      if (!long.has(keyword)) long.set(keyword, record);
    }
  }
  return {
    first(keyword) {
      const [short, hierarch] = [names.find(keyword), long.get(keyword)];
      // Whichever comes first, should a header spell one keyword both ways.
      const record = short === undefined || (hierarch !== undefined && hierarch < short) ? hierarch : short;
      return record === undefined ? undefined : cardAt(record);
    },
    all: () => Array.from({ length: count }, (_, record) => cardAt(record)),
  };
}

interface NameTable {
  /** The first record of that name. */
  find(keyword: string): number | undefined;
}

const nameLength = 8;

/**
 * The records by the eight characters of their names, in capitals: a hash table over the bytes themselves, as to make a string
 * and an entry of a map for each of them takes longer than all the reading that follows.
 */
function nameTable(bytes: Uint8Array, count: number): NameTable {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  const mask = 2 ** Math.ceil(Math.log2(2 * count + 2)) - 1;
  /** A record's number from 1; 0 is free. */
  const slots = new Int32Array(mask + 1);
  const place = (first: number, second: number): number => {
    for (let slot = hashOf(first, second) & mask; ; slot = (slot + 1) & mask) {
      const at = ((slots[slot] as number) - 1) * wordsPerCard;
      if (at < 0) return slot;
      if (capitals(words[at] as number) === first && capitals(words[at + 1] as number) === second) return slot;
    }
  };
  for (let record = 0, at = 0; record < count; record += 1, at += wordsPerCard) {
    const slot = place(capitals(words[at] as number), capitals(words[at + 1] as number));
    if (slots[slot] === 0) slots[slot] = record + 1;
  }
  const wanted = new Int32Array(2);
  const wantedBytes = new Uint8Array(wanted.buffer);
  return {
    find(keyword) {
      if (keyword.length > nameLength) return undefined;
      for (let i = 0; i < nameLength; i += 1) {
        const code = i < keyword.length ? keyword.charCodeAt(i) : 0x20;
        if (code > 0x7e) return undefined;
        wantedBytes[i] = code;
      }
      const record = slots[place(wanted[0] as number, wanted[1] as number)] as number;
      return record === 0 ? undefined : record - 1;
    },
  };
}

const wordsPerCard = cardLength / Int32Array.BYTES_PER_ELEMENT;

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
