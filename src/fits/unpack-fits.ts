import { copyHdu } from "./copy-hdu.ts";
import { encodeHdu } from "./encode-fits.ts";
import { hasImage } from "./hdu.ts";
import type { FitsFile } from "./open-fits.ts";
import { readPixels, readStoredPixels } from "./read-image.ts";

export interface UnpackOptions {
  /** Physical values, BSCALE and BZERO applied and BLANK as NaN, in BITPIX -64. Default: the pixels as they are stored. */
  readonly as?: "float64" | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The bytes of a copy of the file in which no image is compressed; every HDU keeps its place. What is no image, or needs no change,
 * is copied byte for byte. Images that had checksums have those of the copy.
 */
export async function* unpackFits({ source, hdus }: FitsFile, options: UnpackOptions = {}): AsyncIterable<Uint8Array> {
  for (const hdu of hdus) {
    options.signal?.throwIfAborted();
    if (!hasImage(hdu) || (hdu.tiles === undefined && options.as === undefined)) {
      yield* copyHdu(source, hdu);
      continue;
    }
    const role = {
      index: hdu.index,
      count: hdus.length,
      checksum: hdu.header.has("CHECKSUM") || hdu.header.has("DATASUM"),
    };
    if (options.as === "float64") {
      const image = await readPixels(source, hdu, options);
      yield encodeHdu({ header: hdu.header, image }, role);
    } else {
      yield encodeHdu(
        { header: hdu.header, image: await readStoredPixels(source, hdu, options) },
        { ...role, stored: true },
      );
    }
  }
}
