import { Card } from "./card.ts";
import { cardLength } from "./card-format.ts";
import { headerLayout } from "./header-layout.ts";

/** A header's cards as they stand in a file. Few of hundreds are ever asked for: each is made when it is. */
export interface CardRecords {
  /** The first card of a keyword in capitals. */
  first(keyword: string): Card | undefined;
  /** All of them; those that were made before are the same. */
  all(): Card[];
}

/** The records of `bytes`, which lie at words, up to `end`; `undefined` where some of them make one card together, by CONTINUE. */
export function cardRecords(bytes: Uint8Array, end: number): CardRecords | undefined {
  const count = end / cardLength;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, end / Int32Array.BYTES_PER_ELEMENT);
  const layout = headerLayout(words, count);
  if (layout.find("CONTINUE") !== undefined) return undefined;
  const characters = Buffer.from(bytes.buffer, bytes.byteOffset, end);
  let made: (Card | undefined)[] | undefined;
  const make = (record: number): Card => {
    const start = record * cardLength;
    return Card.parse(characters.toString("latin1", start, start + cardLength));
  };
  const cardAt = (record: number): Card => {
    made ??= new Array(count).fill(undefined);
    const card = made[record] ?? layout.known(words, record) ?? make(record);
    made[record] = card;
    return card;
  };
  let long: Map<string, number> | undefined;
  if (layout.find("HIERARCH") !== undefined) {
    long = new Map();
    for (let record = 0; record < count; record += 1) {
      if (!/^HIERARCH/i.test(characters.toString("latin1", record * cardLength, record * cardLength + 8))) continue;
      const { keyword } = cardAt(record);
      if (!long.has(keyword)) long.set(keyword, record);
    }
  }
  return {
    first(keyword) {
      const short = layout.find(keyword);
      const hierarch = long?.get(keyword);
      // Whichever comes first, should a header spell one keyword both ways.
      const record = short === undefined || (hierarch !== undefined && hierarch < short) ? hierarch : short;
      if (record === undefined) return undefined;
      // The same object every time, also where the layout has let go of it.
      made ??= new Array(count).fill(undefined);
      const card = made[record] ?? layout.card(words, record, make);
      made[record] = card;
      return card;
    },
    all: () => Array.from({ length: count }, (_, record) => cardAt(record)),
  };
}
