import { Card } from "./card.ts";
import type { HeaderLayout } from "./header-layout.ts";
import { loadedText, type RecordWords } from "./record-words.ts";

/** A header's cards as they stand in a file. Few of hundreds are ever asked for: each is made when it is. */
export interface CardRecords {
  /** The first card of a keyword in capitals. */
  first(keyword: string): Card | undefined;
  /** All of them; those that were made before are the same. */
  all(): Card[];
}

/** The cards of records none of which make one card together, by CONTINUE. */
export function cardRecords(records: RecordWords, layout: HeaderLayout): CardRecords {
  const { count } = records;
  let made: (Card | undefined)[] | undefined;
  const make = (): Card => Card.parse(loadedText());
  const cardAt = (record: number): Card => {
    made ??= new Array(count);
    let card = made[record];
    if (card === undefined) {
      const words = records.load(record);
      card = layout.known(words, record) ?? make();
      made[record] = card;
    }
    return card;
  };
  let long: Map<string, number> | undefined;
  if (layout.find("HIERARCH") !== undefined) {
    long = new Map();
    for (let record = 0; record < count; record += 1) {
      records.load(record);
      if (!/^HIERARCH/i.test(loadedText(0, 8))) continue;
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
      made ??= new Array(count);
      let card = made[record];
      if (card === undefined) {
        card = layout.card(records.load(record), record, make);
        made[record] = card;
      }
      return card;
    },
    all: () => Array.from({ length: count }, (_, record) => cardAt(record)),
  };
}
