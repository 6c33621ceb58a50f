import type { ByteSource } from "../core/byte-source.ts";
import { type NdArray, sizeOf } from "../core/ndarray.ts";
import { badFile } from "./bad-file.ts";
import { swapWords } from "./byte-order.ts";
import { throughGzip } from "./gunzip.ts";
import { type Hdu, hasImage } from "./hdu.ts";
import { findHdu, type HduSelector } from "./open-fits.ts";
import { physical, type ReadImageOptions, requireDefined, view } from "./read-image.ts";
import { readRanges } from "./read-ranges.ts";
import { boxOf, requireInside, runsOf, type Section, shapeOf } from "./section.ts";
import { type AroundSection, readTileSection } from "./tiles/read-tile-section.ts";

export type ReadSectionOptions = Omit<ReadImageOptions, "checksum">;

/**
 * Reads a box of the pixels of one HDU, without a selector of the first that has an image, and little else of the file: of a
 * plain image the rows that the box touches, of a tile-compressed one its tiles. A gzip file is unpacked whole. The values are
 * those of `readImage`.
 *
 * @param section one range per axis in the order of the shape, `[NAXISn, …, NAXIS1]`, from 0 on, the end not within
 * @returns the shape of the box, units of BUNIT
 *
 * @throws FirstlightError FITS_SHAPE for ranges that do not lie in the image, and the errors of `readImage`
 */
export async function readSection(
  source: ByteSource,
  section: Section,
  selector?: HduSelector,
  options: ReadSectionOptions = {},
): Promise<NdArray> {
  return throughGzip(source, async (plain) => readPixelsOf(plain, await findHdu(plain, selector), section, options));
}

/** As `readSection`, of an HDU already found. */
export async function readPixelsOf(
  source: ByteSource,
  hdu: Hdu,
  section: Section,
  options: ReadSectionOptions = {},
): Promise<NdArray> {
  const { stored, shape, box } = await storedSection(source, hdu, section, options.signal);
  return boxOf({ data: physical(hdu, stored, options.as === "float64"), shape }, box);
}

/** As `readStoredPixels`, of a box. */
export async function readStoredSection(
  source: ByteSource,
  hdu: Hdu,
  section: Section,
  options: ReadSectionOptions = {},
): Promise<NdArray> {
  const { stored, shape, box } = await storedSection(source, hdu, section, options.signal);
  requireDefined(source, hdu, stored);
  return boxOf({ data: view(hdu.bitpix, stored.bytes.buffer), shape }, box);
}

async function storedSection(
  source: ByteSource,
  hdu: Hdu,
  section: Section,
  signal: AbortSignal | undefined,
): Promise<AroundSection> {
  const place = { file: source.name, hdu: hdu.index };
  if (hdu.type !== "image") {
    throw badFile(
      "FITS_UNSUPPORTED",
      `pixels were asked of an HDU of the type ${hdu.type}; only images have any.`,
      place,
    );
  }
  if (!hasImage(hdu)) throw badFile("FITS_NO_HDU", "the HDU has no pixels.", place);
  requireInside(hdu.shape, section, source.name);
  signal?.throwIfAborted();
  if (hdu.tiles !== undefined) return readTileSection(hdu.tiles, source, hdu, section, signal);

  const shape = shapeOf(section);
  const pixelBytes = Math.abs(hdu.bitpix) / 8;
  const bytes = new Uint8Array(sizeOf(shape) * pixelBytes);
  for await (const part of readRanges(source, rangesOf(hdu, section, pixelBytes), hdu.index)) {
    signal?.throwIfAborted();
    for (const { offset, sizeBytes, at } of part.ranges) {
      const from = offset - part.offset;
      bytes.set(part.bytes.subarray(from, from + sizeBytes), at);
    }
  }
  swapWords(bytes, pixelBytes);
  return { stored: { bytes, undefinedAt: undefined }, shape, box: shape.map((stop) => ({ start: 0, stop })) };
}

// A run that fills the memory is read in parts, so that it can be stopped.
const rangeLimitBytes = 2 ** 22;

function* rangesOf(hdu: Hdu, section: Section, pixelBytes: number) {
  for (const { inImage, inSection, length } of runsOf(hdu.shape, section)) {
    const wholeBytes = length * pixelBytes;
    for (let done = 0; done < wholeBytes; done += rangeLimitBytes) {
      yield {
        offset: hdu.dataOffset + inImage * pixelBytes + done,
        sizeBytes: Math.min(rangeLimitBytes, wholeBytes - done),
        at: inSection * pixelBytes + done,
      };
    }
  }
}
