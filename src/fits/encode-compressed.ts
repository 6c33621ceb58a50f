import type { NdArray } from "../core/ndarray.ts";
import { padded } from "./blocks.ts";
import { Card } from "./card.ts";
import { sumWords } from "./checksum.ts";
import { encodeHeader } from "./parse-header.ts";
import { checksumCards, signedHeader } from "./sign-header.ts";
import { storageOf } from "./storage.ts";
import { compressedCards } from "./tiles/compressed-cards.ts";
import { type CompressionPreset, planTiles, type TileCompression, type TilePlan } from "./tiles/compression.ts";
import { type TileWriter, tileWriter } from "./tiles/write-tiles.ts";

/**
 * The bytes of an image compressed in a table, an extension (FITS 4.0 §10).
 *
 * @param cards those that the image would have uncompressed
 *
 * @throws FirstlightError FITS_COMPRESSION for settings that are none
 */
export function encodeCompressedHdu(
  cards: readonly Card[],
  image: NdArray,
  compression: TileCompression | CompressionPreset,
  checksum: boolean,
): Uint8Array {
  const plan = planTiles(storageOf(image.data).bitpix, image.shape, compression);
  using writer = tileWriter(plan);
  const heap = writer.add(image);
  const own = tableCards(cards, plan, writer, checksum);
  const headerBytes = encodeHeader(own).length;
  const bytes = new Uint8Array(headerBytes + padded(writer.rows.length + heap.length));
  bytes.set(writer.rows, headerBytes);
  bytes.set(heap, headerBytes + writer.rows.length);
  bytes.set(checksum ? signedHeader(own, sumWords(bytes.subarray(headerBytes))) : encodeHeader(own));
  return bytes;
}

/** The cards of the table; before all tiles are in it they are as many and as long, and some say something else. */
export function tableCards(cards: readonly Card[], plan: TilePlan, { facts }: TileWriter, checksum: boolean): Card[] {
  return [...compressedCards(cards, plan, facts), ...(checksum ? checksumCards() : [])];
}

/** The primary that stands before a compressed image which was one. */
export function emptyPrimary(checksum: boolean): Uint8Array {
  const cards = [
    Card.of("SIMPLE", true, "conforms to FITS standard"),
    Card.of("BITPIX", 8, "array data type"),
    Card.of("NAXIS", 0, "number of array dimensions"),
    Card.of("EXTEND", true, "extensions may be present"),
    ...(checksum ? checksumCards() : []),
  ];
  return checksum ? signedHeader(cards, 0) : encodeHeader(cards);
}
