import type { ByteSink } from "../core/byte-source.ts";
import { createFile } from "../core/file.ts";
import { lentWorkers } from "../core/lent-workers.ts";
import { withWorkers } from "../core/share-work.ts";
import type { Workers } from "../core/workers.ts";
import { copyHdu } from "./copy-hdu.ts";
import { emptyPrimary } from "./encode-compressed.ts";
import { type Hdu, hasImage } from "./hdu.ts";
import type { FitsFile } from "./open-fits.ts";
import { packImage } from "./pack-image.ts";
import type { CompressionPreset, TileCompression } from "./tiles/compression.ts";

export interface PackOptions {
  /** Default: each image as `TileCompression` says where nothing is asked. */
  readonly compression?: TileCompression | CompressionPreset | undefined;
  /** Threads that compress, the calling one included, or those that `openWorkers` has opened; one by default. The bytes are the same. */
  readonly workers?: number | Workers | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PackToOptions extends PackOptions {
  /** Replace a file that is there already; without it such a file is an `EEXIST` error. */
  readonly overwrite?: boolean;
  /** `false` leaves it to the system when a file that is given by its path is on the disk; by default it is there when it has its name. */
  readonly sync?: boolean;
}

/**
 * The bytes of a copy of the file in which every image is compressed. An image that was the primary becomes the first extension,
 * behind an empty primary, and says so (ZSIMPLE). An extension called VARIANCE keeps every bit, whatever the settings: beside levels, in
 * tiles that fell back to gzip. Images that are compressed already, tables, and what else there is are copied byte for byte. The checksums of an image stay as ZHECKSUM and ZDATASUM; its table has those of the copy. What an image becomes is held
 * in memory; to write it as it comes, see `packFitsTo`.
 *
 * @throws FirstlightError FITS_COMPRESSION for settings that are none, or do not fit an image; the errors of `readImage`
 */
export async function* packFits(file: FitsFile, options: PackOptions = {}): AsyncIterable<Uint8Array> {
  const { source, hdus } = file;
  const { compression = {}, signal } = options;
  await using lent = lentWorkers(options.workers);
  const { workers } = lent;
  for (const hdu of hdus) {
    signal?.throwIfAborted();
    if (!isPacked(hdu)) {
      yield* copyHdu(source, hdu);
      continue;
    }
    const checksum = isSigned(hdu);
    if (hdu.index === 0) yield emptyPrimary(checksum);
    const heap: Uint8Array[] = [];
    using image = packImage(source, hdu, { compression, checksum, workers, signal });
    await image.compress(async (bytes) => {
      heap.push(bytes.slice());
    });
    yield* image.beginning();
    yield* heap;
  }
}

/**
 * Writes the bytes of `packFits`, each image as it is compressed: neither it nor what it becomes is held whole.
 *
 * @param target a path, where the file appears whole or not at all, or a sink, which is committed; one that cannot change what was
 * written (`writeAt`) gets each image once all of it is there
 *
 * @throws FirstlightError as `packFits`
 */
export async function packFitsTo(
  target: string | ByteSink,
  file: FitsFile,
  options: PackToOptions = {},
): Promise<void> {
  if (typeof target === "string") {
    await using sink = await createFile(target, {
      overwrite: options.overwrite === true,
      sync: options.sync !== false,
    });
    return await packFitsTo(sink, file, options);
  }
  if (target.writeAt === undefined) for await (const part of packFits(file, options)) await target.write(part);
  else await withWorkers(options.workers, (workers) => writePacked(target, file, { ...options, workers }));
  options.signal?.throwIfAborted();
  await target.commit();
}

async function writePacked(
  sink: ByteSink,
  { source, hdus }: FitsFile,
  { compression = {}, workers, signal }: PackOptions & { readonly workers: Workers },
): Promise<void> {
  let offset = 0;
  const append = async (bytes: Uint8Array): Promise<void> => {
    offset += bytes.length;
    await sink.write(bytes);
  };
  for (const hdu of hdus) {
    signal?.throwIfAborted();
    if (!isPacked(hdu)) {
      for await (const part of copyHdu(source, hdu)) await append(part);
      continue;
    }
    const checksum = isSigned(hdu);
    if (hdu.index === 0) await append(emptyPrimary(checksum));
    const begin = offset;
    using image = packImage(source, hdu, { compression, checksum, workers, signal });
    await append(new Uint8Array(image.headerBytes + image.rowsBytes));
    await image.compress(append);
    const [header, rows] = image.beginning();
    await sink.writeAt?.(begin, header);
    await sink.writeAt?.(begin + header.length, rows);
  }
}

function isPacked(hdu: Hdu): boolean {
  return hasImage(hdu) && hdu.tiles === undefined;
}

/** An image with a checksum becomes a table with one. */
function isSigned({ header }: Hdu): boolean {
  return header.has("CHECKSUM") || header.has("DATASUM");
}
