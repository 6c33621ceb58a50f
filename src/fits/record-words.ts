import { cardLength } from "./card-format.ts";

/** The characters of a header's records, four to a word. */
export interface RecordWords {
  readonly count: number;
  /** The words of one record, which stand there until the next is asked for, of whichever header. */
  load(record: number): Int32Array;
}

export const wordsPerCard = cardLength / Int32Array.BYTES_PER_ELEMENT;

const loaded = new Int32Array(wordsPerCard);
const loadedBytes = Buffer.from(loaded.buffer);

/** The characters of the record that was loaded last. */
export function loadedText(start = 0, end = cardLength): string {
  return loadedBytes.toString("latin1", start, end);
}

/** @param words whole records, which are no one else's */
export function ownRecords(words: Int32Array): RecordWords {
  return { count: words.length / wordsPerCard, load: (record) => load(words, record) };
}

/** The records of a header that differs from `words` by what `wordChanges` found. */
export function changedRecords(words: Int32Array, changes: Int32Array): RecordWords {
  return {
    count: words.length / wordsPerCard,
    load(record) {
      load(words, record);
      const from = record * wordsPerCard;
      for (let pair = firstPair(changes, from); pair < changes.length; pair += 2) {
        const at = (changes[pair] as number) - from;
        if (at >= wordsPerCard) break;
        loaded[at] = changes[pair + 1] as number;
      }
      return loaded;
    },
  };
}

function load(words: Int32Array, record: number): Int32Array {
  const from = record * wordsPerCard;
  for (let i = 0; i < wordsPerCard; i += 1) loaded[i] = words[from + i] as number;
  return loaded;
}

/** Where in `changes` the first pair is that stands at the word `from` or behind it. */
function firstPair(changes: Int32Array, from: number): number {
  let low = 0;
  let high = changes.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[2 * middle] as number) < from) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

let pairs = new Int32Array(0);

/**
 * What stands in `words` where they differ from `before`, as pairs of place and word. `undefined` where a record has another
 * name, and where so much differs that the words themselves take no more room.
 */
export function wordChanges(words: Int32Array, before: Int32Array): Int32Array | undefined {
  const limit = before.length - (before.length % 2);
  if (pairs.length < limit) pairs = new Int32Array(limit);
  const found = pairs;
  let count = 0;
  for (let from = 0; from < before.length; from += wordsPerCard) {
    if (words[from] !== before[from] || words[from + 1] !== before[from + 1]) return undefined;
    for (let at = from + 2; at < from + wordsPerCard; at += 1) {
      const word = words[at] as number;
      if (word === before[at]) continue;
      if (count === limit) return undefined;
      found[count] = at;
      found[count + 1] = word;
      count += 2;
    }
  }
  return found.slice(0, count);
}
