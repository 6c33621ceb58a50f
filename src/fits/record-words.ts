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

/** The records of a header that differs from `words` by the changes that a `WordComparer` found. */
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
