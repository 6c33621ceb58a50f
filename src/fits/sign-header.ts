import { Card } from "./card.ts";
import { encodeChecksum, sumWords } from "./checksum.ts";
import { encodeHeader } from "./parse-header.ts";

/** What `CHECKSUM` holds while the sum is taken. */
export const blankChecksum = "0".repeat(16);

/** The header's bytes with its cards DATASUM and CHECKSUM filled in; `dataSum` is that of the padded data unit. */
export function signedHeader(cards: readonly Card[], dataSum: number): Uint8Array {
  const withDataSum = cards.map((card) =>
    card.keyword === "DATASUM" ? Card.of("DATASUM", String(dataSum), card.comment) : card,
  );
  const sum = sumWords(encodeHeader(withDataSum), dataSum);
  const text = encodeChecksum(sum);
  return encodeHeader(
    withDataSum.map((card) =>
      card.keyword === "CHECKSUM" ? Card.parse(card.image.replace(blankChecksum, text)) : card,
    ),
  );
}

/** The cards that `signedHeader` fills in. */
export function checksumCards(): Card[] {
  return [Card.of("CHECKSUM", blankChecksum, "HDU checksum"), Card.of("DATASUM", "0", "data unit checksum")];
}
