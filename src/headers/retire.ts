import { pythonStr, type Scalar } from "../core/scalar.ts";
import type { Card } from "../fits/card.ts";
import type { Header } from "../fits/header.ts";

const historyWidth = 72;
const recordLength = 80;

/**
 * Takes out the cards of a keyword that calibration made untrue, and keeps them verbatim in HISTORY: the reason, where one
 * is given, then the card's characters in lines of at most 72. Says whether there was such a card. Changes `header`.
 */
export function retire(header: Header, key: string, reason?: string): boolean {
  const keyword = header.card(key)?.keyword;
  if (keyword === undefined) return false;
  const cards = header.cards.filter((card) => card.keyword === keyword);
  header.delete(keyword);
  remember(header, cards, reason);
  return true;
}

/**
 * Gives a keyword its true value in its old place. A card that said something else goes verbatim into HISTORY; one that
 * says the same stays as it is. Changes `header`.
 */
export function amend(header: Header, key: string, value: Scalar, comment?: string, reason?: string): void {
  const old = header.card(key);
  const known = old === undefined ? undefined : header.get(key);
  if (known !== undefined && typeof known === typeof value && pythonStr(known) === pythonStr(value)) return;
  header.set(key, value, comment);
  if (old !== undefined) remember(header, [old], reason);
}

function remember(header: Header, cards: readonly Card[], reason: string | undefined): void {
  if (reason !== undefined) header.addHistory(reason);
  for (const card of cards) {
    for (let start = 0; start < card.image.length; start += recordLength) {
      header.addHistory(verbatim(card.image.slice(start, start + recordLength)));
    }
  }
}

/** Cut at column 72, not at words: the two lines put together are the card. */
function verbatim(record: string): string {
  const text = record.trimEnd().replace(/[^ -~]/g, "?");
  return text.length <= historyWidth ? text : `${text.slice(0, historyWidth)}\n${text.slice(historyWidth)}`;
}
