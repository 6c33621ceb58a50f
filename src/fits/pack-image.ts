import type { ByteSource } from "../core/byte-source.ts";
import { FirstlightError, isFirstlightError } from "../core/errors.ts";
import type { Workers } from "../core/workers.ts";
import { padded } from "./blocks.ts";
import { sumWords } from "./checksum.ts";
import { tableCards } from "./encode-compressed.ts";
import type { Hdu } from "./hdu.ts";
import { encodeHeader } from "./parse-header.ts";
import { signedHeader } from "./sign-header.ts";
import { storedPieces } from "./stored-pieces.ts";
import {
  type CompressionPreset,
  planTiles,
  type TileCompression,
  type TilePlan,
  withoutLoss,
} from "./tiles/compression.ts";
import { encodeShared } from "./tiles/share-tiles.ts";
import { tileWriter } from "./tiles/write-tiles.ts";
import { wordSums } from "./word-sums.ts";

/** How an image is to be packed. */
export interface ImagePacking {
  readonly compression: TileCompression | CompressionPreset;
  readonly checksum: boolean;
  readonly workers: Workers;
  readonly signal: AbortSignal | undefined;
}

/** An image that is compressed as it is read. */
export interface PackedImage extends Disposable {
  /** Bytes of header and table, the latter as it stands in the file behind the former. */
  readonly headerBytes: number;
  readonly rowsBytes: number;
  /** Hands on what follows the table, up to the end of the last block. The bytes are valid until `take` resolves. */
  compress(take: (bytes: Uint8Array) => Promise<void>): Promise<void>;
  /** Header and table; known once the image is compressed. */
  beginning(): readonly [header: Uint8Array, rows: Uint8Array];
}

/** @throws FirstlightError FITS_COMPRESSION for settings that are none, or do not fit the image */
export function packImage(source: ByteSource, hdu: Hdu, packing: ImagePacking): PackedImage {
  const { compression, checksum, workers, signal } = packing;
  const plan = planOf(source, hdu, isVarianceOfReals(hdu) ? withoutLoss(compression) : compression);
  const writer = tileWriter(plan);
  const cards = () => tableCards(hdu.header.cards, plan, writer, checksum);
  const { rows } = writer;
  // The sum of the heap first: the table before it is of whole words, and known after it.
  const words = wordSums();
  return {
    headerBytes: encodeHeader(cards()).length,
    rowsBytes: rows.length,
    async compress(take) {
      let heapBytes = 0;
      const add = async (bytes: Uint8Array): Promise<void> => {
        heapBytes += bytes.length;
        if (checksum) words.add(bytes);
        await take(bytes);
      };
      if (workers.threads > 1) await encodeShared(workers, source, hdu, plan, writer, add, signal);
      else for await (const piece of storedPieces(source, hdu, writer.depth, signal)) await add(writer.add(piece));
      const sizeBytes = rows.length + heapBytes;
      await take(new Uint8Array(padded(sizeBytes) - sizeBytes));
    },
    beginning() {
      const own = cards();
      return [checksum ? signedHeader(own, sumWords(rows, words.sum)) : encodeHeader(own), rows];
    },
    [Symbol.dispose]: () => writer[Symbol.dispose](),
  };
}

/** Among many images it matters of which one it is that settings do not fit. */
function planOf(
  { name }: ByteSource,
  { bitpix, shape, index }: Hdu,
  compression: ImagePacking["compression"],
): TilePlan {
  try {
    return planTiles(bitpix, shape, compression);
  } catch (error) {
    if (!isFirstlightError(error, "FITS_COMPRESSION")) throw error;
    throw new FirstlightError("FITS_COMPRESSION", `${name}, HDU ${index}: ${error.message}`, {
      disposition: "invalid",
      fields: { ...error.fields, file: name, hdu: index },
      cause: error,
    });
  }
}

/** What frames call their variance. Integers lose nothing anyway. */
function isVarianceOfReals({ index, name, bitpix }: Hdu): boolean {
  return index > 0 && bitpix < 0 && name?.trim().toUpperCase() === "VARIANCE";
}
