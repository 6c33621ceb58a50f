import type { ByteSource } from "../core/byte-source.ts";
import { FirstlightError } from "../core/errors.ts";
import type { NdArray } from "../core/ndarray.ts";
import { badFile } from "./bad-file.ts";
import { encodeHdus, type HduContent } from "./encode-fits.ts";
import type { Frame } from "./frame.ts";
import { type Hdu, hasImage } from "./hdu.ts";
import { Header } from "./header.ts";
import { type FitsFile, openFits } from "./open-fits.ts";
import { type ReadImageOptions, readPixels } from "./read-image.ts";
import { type CompressionPreset, type TileCompression, withoutLoss } from "./tiles/compression.ts";
import { hduChecksums, requireChecksums } from "./verify-checksums.ts";

export interface EncodeFrameOptions {
  /** Write DATASUM and CHECKSUM. Default true. */
  readonly checksum?: boolean;
  /**
   * Compress image, mask and variance, tile by tile. Masks and variances lose nothing, whatever the settings: the variance of quantised
   * reals may be negative. Beside levels, the tiles of a variance are such that fell back to gzip. Default: not compressed.
   */
  readonly compression?: TileCompression | CompressionPreset | undefined;
  /** Further HDUs behind the frame's own: tables, or what `readHdu` took from another file. */
  readonly extensions?: readonly HduContent[] | undefined;
}

/**
 * Reads a frame: the primary, or the first HDU that has an image, with the MASK and VARIANCE extensions where there are
 * any. Of a file that has no other images the first is the frame's, whatever its name. The header is that of the HDU which holds the image, as it is: the cards of an empty primary before it are not
 * taken over, INHERIT or not; `readHeader` reads those.
 *
 * @throws FirstlightError FITS_NO_HDU without an image, FITS_INVALID when mask or variance do not fit it, and the errors
 * of `readImage`
 */
export async function readFrame(source: ByteSource, options: ReadImageOptions = {}): Promise<Frame> {
  const file = await openFits(source);
  return frameOf(file, options);
}

/** Which HDUs of a file make a frame. */
export interface FrameHdus {
  readonly main: Hdu;
  readonly mask: Hdu | undefined;
  readonly variance: Hdu | undefined;
}

/** Throws FITS_NO_HDU without an image. */
export function frameHdus({ source, hdus }: Pick<FitsFile, "source" | "hdus">): FrameHdus {
  const images = hdus.filter(hasImage);
  const isCompanion = (hdu: Hdu) => hdu.index > 0 && (isNamed(hdu, "MASK") || isNamed(hdu, "VARIANCE"));
  // A file of nothing but masks and variances is a file of images that happen to be called so.
  const main = images.find((hdu) => !isCompanion(hdu)) ?? images[0];
  if (main === undefined) throw badFile("FITS_NO_HDU", "no HDU holds an image.", { file: source.name });
  const companion = (name: string) => images.find((hdu) => hdu !== main && hdu.index > 0 && isNamed(hdu, name));
  return { main, mask: companion("MASK"), variance: companion("VARIANCE") };
}

async function frameOf(file: FitsFile, options: ReadImageOptions): Promise<Frame> {
  const { source, hdus } = file;
  const { main, mask, variance } = frameHdus(file);
  const image = await readPixels(source, main, options);
  const read = async (hdu: Hdu): Promise<NdArray> => {
    const pixels = await readPixels(source, hdu, options);
    if (sameShape(pixels, image)) return pixels;
    const problem = `${hdu.name} has the shape [${pixels.shape.join(", ")}], the image [${image.shape.join(", ")}].`;
    throw badFile("FITS_INVALID", problem, { file: source.name, hdu: hdu.index });
  };
  if (options.checksum === true) {
    // A damaged name would hide a mask: so what is not read is checked as well.
    const unread = hdus.filter((hdu) => hdu !== main && hdu !== mask && hdu !== variance);
    for (const hdu of unread) requireChecksums(source.name, await hduChecksums(source, hdu));
  }
  return {
    header: main.header,
    image,
    ...(mask === undefined ? {} : { mask: flags(await read(mask), source, mask) }),
    ...(variance === undefined ? {} : { variance: await read(variance) }),
  };
}

/**
 * Writes a frame as FITS bytes: header and image as the primary, mask and variance as extensions of those names.
 *
 * @throws FirstlightError FITS_SHAPE when image, mask and variance differ in shape, FITS_COMPRESSION for settings that are none,
 * FITS_UNSUPPORTED for an image to compress that is called MASK or VARIANCE, with extensions that may be images
 */
export function encodeFrame(frame: Frame, options: EncodeFrameOptions = {}): Uint8Array {
  const { header, image, mask, variance } = frame;
  for (const [name, companion] of Object.entries({ mask, variance })) {
    if (companion !== undefined && !sameShape(companion, image)) {
      throw new FirstlightError(
        "FITS_SHAPE",
        `The ${name} has the shape [${companion.shape.join(", ")}], the image [${image.shape.join(", ")}].`,
        { disposition: "invalid", fields: { name, shape: companion.shape, expected: image.shape } },
      );
    }
  }
  const extensions = options.extensions ?? [];
  const own = header.get("EXTNAME");
  const isMisleading = typeof own === "string" && /^(?:MASK|VARIANCE)\s*$/i.test(own);
  // Behind an empty primary, as compressed images are, it would be taken for the companion of an image that comes along.
  if (isMisleading && options.compression !== undefined && extensions.some(({ columns }) => columns === undefined)) {
    throw new FirstlightError(
      "FITS_UNSUPPORTED",
      `The image itself has the EXTNAME ${own}; compressed and with further HDUs that may be images, it would be read as the companion of one of them. Name it otherwise, or write it uncompressed.`,
      { disposition: "invalid", fields: { name: own } },
    );
  }
  const unit = header.get("BUNIT");
  const hdus: HduContent[] = [{ header, image }];
  if (mask !== undefined) {
    hdus.push({ header: Header.from({ EXTNAME: ["MASK", "flags per pixel, 0 = good"] }), image: mask });
  }
  if (variance !== undefined) {
    const its = Header.from({ EXTNAME: ["VARIANCE", "variance per pixel"] });
    if (typeof unit === "string" && unit !== "") its.set("BUNIT", `(${unit})**2`);
    hdus.push({ header: its, image: variance });
  }
  hdus.push(...extensions);
  const { checksum = true, compression } = options;
  return encodeHdus(hdus, ({ image: pixels }) => {
    const isVariance = pixels !== undefined && pixels === variance;
    return { checksum, compression: isVariance && compression !== undefined ? withoutLoss(compression) : compression };
  });
}

function isNamed(hdu: Hdu, name: string): boolean {
  return hdu.name?.trim().toUpperCase() === name;
}

function sameShape(a: NdArray, b: NdArray): boolean {
  return a.shape.length === b.shape.length && a.shape.every((axis, index) => axis === b.shape[index]);
}

function flags({ data, shape }: NdArray, source: ByteSource, hdu: Hdu): NdArray<Uint32Array> {
  if (data instanceof Uint32Array) return { data, shape };
  if (data instanceof Float32Array || data instanceof Float64Array || data.BYTES_PER_ELEMENT === 8) {
    const problem = `a mask holds integers of at most 32 bits; BITPIX is ${hdu.bitpix}.`;
    throw badFile("FITS_INVALID", problem, { file: source.name, hdu: hdu.index });
  }
  return { data: Uint32Array.from(data as Uint8Array), shape };
}
