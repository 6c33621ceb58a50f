import type { NdArray } from "../core/ndarray.ts";
import type { Workers } from "../core/workers.ts";
import type { Bitpix } from "./bitpix.ts";
import { padded } from "./blocks.ts";
import { Card } from "./card.ts";
import { sumWords } from "./checksum.ts";
import { encodeHeader } from "./parse-header.ts";
import { checksumCards, signedHeader } from "./sign-header.ts";
import { storageOf } from "./storage.ts";
import { compressedCards } from "./tiles/compressed-cards.ts";
import { type CompressionPreset, planTiles, type TileCompression, type TilePlan } from "./tiles/compression.ts";
import { encodeTiles } from "./tiles/share-tiles.ts";
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
  const writer = tileWriter(plan);
  return compressedHdu(cards, plan, writer, writer.add(image), checksum);
}

/** As `encodeCompressedHdu`, of an image that comes in pieces along its slowest axis, each of as many positions as tiles need. */
export async function encodeCompressedPieces(
  cards: readonly Card[],
  bitpix: Bitpix,
  shape: readonly number[],
  pieces: (depth: number) => AsyncIterable<NdArray>,
  compression: TileCompression | CompressionPreset,
  checksum: boolean,
): Promise<Uint8Array> {
  const plan = planTiles(bitpix, shape, compression);
  const writer = tileWriter(plan);
  const heap: Uint8Array[] = [];
  for await (const piece of pieces(writer.depth)) for (const tile of writer.add(piece)) heap.push(tile);
  return compressedHdu(cards, plan, writer, heap, checksum);
}

/** As `encodeCompressedHdu`, in several threads. */
export async function encodeCompressedBy(
  workers: Workers,
  cards: readonly Card[],
  image: NdArray,
  compression: TileCompression | CompressionPreset,
  checksum: boolean,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const plan = planTiles(storageOf(image.data).bitpix, image.shape, compression);
  const writer = tileWriter(plan);
  return compressedHdu(cards, plan, writer, writer.take(await encodeTiles(image, plan, workers, signal)), checksum);
}

function compressedHdu(
  cards: readonly Card[],
  plan: TilePlan,
  writer: TileWriter,
  heap: readonly Uint8Array[],
  checksum: boolean,
): Uint8Array {
  const own = [...compressedCards(cards, plan, writer.facts), ...(checksum ? checksumCards() : [])];
  const headerSizeBytes = encodeHeader(own).length;
  const bytes = new Uint8Array(headerSizeBytes + padded(writer.rows.length + writer.facts.heapBytes));
  bytes.set(writer.rows, headerSizeBytes);
  let at = headerSizeBytes + writer.rows.length;
  for (const tile of heap) {
    bytes.set(tile, at);
    at += tile.length;
  }
  bytes.set(checksum ? signedHeader(own, sumWords(bytes.subarray(headerSizeBytes))) : encodeHeader(own));
  return bytes;
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
