import { openWorkers, type Workers } from "../core/workers.ts";
import { copyHdu } from "./copy-hdu.ts";
import { emptyPrimary, encodeCompressedBy, encodeCompressedPieces } from "./encode-compressed.ts";
import { hasImage } from "./hdu.ts";
import type { FitsFile } from "./open-fits.ts";
import { readStoredPixels } from "./read-image.ts";
import { storedPieces } from "./stored-pieces.ts";
import type { CompressionPreset, TileCompression } from "./tiles/compression.ts";

export interface PackOptions {
  /** Default: each image as `TileCompression` says where nothing is asked. */
  readonly compression?: TileCompression | CompressionPreset | undefined;
  /** Threads that compress, the calling one included, or those that `openWorkers` has opened; one by default. The bytes are the same. */
  readonly workers?: number | Workers | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The bytes of a copy of the file in which every image is compressed. An image that was the primary becomes the first extension,
 * behind an empty primary, and says so (ZSIMPLE). Images that are compressed already, tables, and what else there is are copied byte
 * for byte. The checksums of an image stay as ZHECKSUM and ZDATASUM; its table has those of the copy.
 *
 * @throws FirstlightError FITS_COMPRESSION for settings that are none, or do not fit an image; the errors of `readImage`
 */
export async function* packFits({ source, hdus }: FitsFile, options: PackOptions = {}): AsyncIterable<Uint8Array> {
  const { compression = {}, signal } = options;
  const asked = options.workers;
  await using opened = typeof asked === "object" ? undefined : openWorkers(asked ?? 1);
  const workers = (opened ?? asked) as Workers;
  for (const hdu of hdus) {
    signal?.throwIfAborted();
    if (!hasImage(hdu) || hdu.tiles !== undefined) {
      yield* copyHdu(source, hdu);
      continue;
    }
    const checksum = hdu.header.has("CHECKSUM") || hdu.header.has("DATASUM");
    if (hdu.index === 0) yield emptyPrimary(checksum);
    const { cards } = hdu.header;
    if (workers.threads === 1) {
      const pieces = (depth: number) => storedPieces(source, hdu, depth, signal);
      yield await encodeCompressedPieces(cards, hdu.bitpix, hdu.shape, pieces, compression, checksum);
    } else {
      const image = await readStoredPixels(source, hdu, { signal });
      yield await encodeCompressedBy(workers, cards, image, compression, checksum, signal);
    }
  }
}
