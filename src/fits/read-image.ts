import { totalmem } from "node:os";
import type { ByteSource } from "../core/byte-source.ts";
import { type NdArray, type PixelArray, sizeOf } from "../core/ndarray.ts";
import type { Scalar } from "../core/scalar.ts";
import { badFile, memoryError, memoryLacks } from "./bad-file.ts";
import { flipSigns, swapWords } from "./byte-order.ts";
import { type ReadDataOptions, readDataUnit } from "./data-unit.ts";
import { throughGzip } from "./gunzip.ts";
import { type Hdu, hasImage } from "./hdu.ts";
import { findHdu, type HduSelector } from "./open-fits.ts";
import { structureCards } from "./structure-cards.ts";
import { readTiles, type StoredPixels } from "./tiles/read-tiles.ts";
import { riceOverreadBytes } from "./tiles/rice.ts";

export interface ReadImageOptions extends ReadDataOptions {
  /** Give float64 values whatever the header says, computed in float64 with no rounding in between. */
  readonly as?: "float64" | undefined;
}

/**
 * Reads the pixels of one HDU, without a selector of the first that has an image, as physical values: BSCALE and BZERO
 * applied, BLANK as NaN (FITS 4.0 §4.4.2.5).
 *
 * The element type follows from the header alone: that of BITPIX; the unsigned one (signed for bytes) where BZERO is the
 * offset of that convention; for other scaled integers, and those with a BLANK, float32 for 8 and 16 bits and float64 for
 * 32 and 64 bits, computed in float64 and rounded once.
 *
 * A tile-compressed image (FITS 4.0 §10) is read as the image that it holds. Where its reals were quantised, they are the
 * levels that were kept: the very numbers that cfitsio and astropy make of them.
 *
 * @returns shape `[NAXISn, …, NAXIS1]`, units of BUNIT
 *
 * @throws FirstlightError FITS_UNSUPPORTED for tables and unknown compression, and the errors of `openFits`
 */
export async function readImage(
  source: ByteSource,
  selector?: HduSelector,
  options: ReadImageOptions = {},
): Promise<NdArray> {
  return throughGzip(source, async (plain) => readPixels(plain, await findHdu(plain, selector), options));
}

/** As `readImage`, of an HDU already found. */
export async function readPixels(source: ByteSource, hdu: Hdu, options: ReadImageOptions = {}): Promise<NdArray> {
  const place = { file: source.name, hdu: hdu.index };
  if (hdu.type !== "image") {
    throw badFile(
      "FITS_UNSUPPORTED",
      `pixels were asked of an HDU of the type ${hdu.type}; only images have any.`,
      place,
    );
  }
  if (!hasImage(hdu)) throw badFile("FITS_NO_HDU", "the HDU has no pixels.", place);
  options.signal?.throwIfAborted();
  const pixelBytes = options.as === "float64" ? 8 : Math.abs(hdu.bitpix) / 8;
  if (sizeOf(hdu.shape) * pixelBytes > memoryBytes()) throw memoryLacks(place);
  const data = await physicalPixels(source, hdu, options).catch((error: unknown) => {
    throw memoryError(error, place);
  });
  if (data.length !== sizeOf(hdu.shape)) throw badFile("FITS_INVALID", "the axes do not fit the data.", place);
  return { data, shape: hdu.shape };
}

/** Of the machine, or of its part that is given to this process: what it can never hold need not be read to find that out. */
function memoryBytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}

async function physicalPixels(source: ByteSource, hdu: Hdu, options: ReadImageOptions): Promise<PixelArray> {
  const stored = await storedPixels(source, hdu, options);
  return physical(hdu, stored, options.as === "float64");
}

/**
 * The pixels as they are stored, before BSCALE, BZERO and BLANK, in the element type of BITPIX. Pixels that are undefined though no
 * BLANK says so (a column ZBLANK of a compressed image) have no such form: FITS_UNSUPPORTED.
 */
export async function readStoredPixels(source: ByteSource, hdu: Hdu, options: ReadImageOptions = {}): Promise<NdArray> {
  const stored = await storedPixels(source, hdu, options).catch((error: unknown) => {
    throw memoryError(error, { file: source.name, hdu: hdu.index });
  });
  requireDefined(source, hdu, stored);
  return { data: view(hdu.bitpix, stored.bytes.buffer), shape: hdu.shape };
}

export function requireDefined(source: ByteSource, hdu: Hdu, { undefinedAt }: StoredPixels): void {
  if (undefinedAt === undefined || undefinedAt.length === 0) return;
  const problem = "the image has undefined pixels, and no BLANK to store them as; read its physical values instead.";
  throw badFile("FITS_UNSUPPORTED", problem, { file: source.name, hdu: hdu.index });
}

/** The pixels before any scaling, in this machine's order. */
async function storedPixels(source: ByteSource, hdu: Hdu, options: ReadImageOptions): Promise<StoredPixels> {
  const bytes = await readDataUnit(source, hdu, options, hdu.tiles === undefined ? 0 : riceOverreadBytes);
  const unit = bytes.subarray(0, hdu.dataSizeBytes);
  if (hdu.tiles === undefined) {
    swapWords(unit, Math.abs(hdu.bitpix) / 8);
    return { bytes: unit, undefinedAt: undefined };
  }
  const { headerOffset, dataOffset, dataSizeBytes } = hdu;
  const place = { file: source.name, hdu: hdu.index, headerOffset, dataOffset };
  return readTiles(hdu.tiles, bytes, dataSizeBytes, place, options.signal);
}

interface Scaling {
  readonly bscale: number;
  readonly bzero: number;
  readonly blank: number | bigint | undefined;
  /** Whether the stored words are the values, or are so with the highest bit flipped (FITS 4.0 §4.4.2.5, table 11). */
  readonly form: "plain" | "otherSign" | undefined;
}

/** The physical values of stored pixels, whose bytes may become part of the result. */
export function physical(hdu: Hdu, { bytes, undefinedAt }: StoredPixels, isWide: boolean): PixelArray {
  const widened = (pixels: PixelArray): PixelArray => (isWide ? asReals(pixels) : pixels);
  const scaling = scalingOf(hdu);
  const stored = view(hdu.bitpix, bytes.buffer);
  const { bscale, bzero, blank, form } = scaling;
  if (blank === undefined && undefinedAt === undefined && form !== undefined) {
    if (form === "plain") return widened(stored);
    flipSigns(bytes, hdu.bitpix / 8);
    return widened(viewOfOtherSign(hdu.bitpix, bytes.buffer));
  }
  if (stored instanceof BigInt64Array) return withUndefined(scaleLong(stored, scaling), undefinedAt);
  const narrow = hdu.bitpix === 8 || hdu.bitpix === 16 || hdu.bitpix === -32;
  const target = narrow && !isWide ? new Float32Array(stored.length) : new Float64Array(stored.length);
  const missing = blank === undefined ? undefined : Number(blank);
  for (let index = 0; index < stored.length; index += 1) {
    const value = stored[index] as number;
    target[index] = value === missing ? Number.NaN : value * bscale + bzero;
  }
  return withUndefined(target, undefinedAt);
}

/** `Float64Array.from` would make a list of all the numbers first. */
function asReals(pixels: PixelArray): Float64Array {
  if (!(pixels instanceof BigInt64Array || pixels instanceof BigUint64Array)) return new Float64Array(pixels);
  const reals = new Float64Array(pixels.length);
  for (let index = 0; index < pixels.length; index += 1) reals[index] = Number(pixels[index]);
  return reals;
}

function withUndefined<T extends Float32Array | Float64Array>(pixels: T, at: readonly number[] | undefined): T {
  for (const index of at ?? []) pixels[index] = Number.NaN;
  return pixels;
}

function scaleLong(stored: BigInt64Array, { bscale, bzero, blank }: Scaling): Float64Array {
  const missing = blank === undefined ? undefined : BigInt(blank);
  const target = new Float64Array(stored.length);
  for (let index = 0; index < stored.length; index += 1) {
    const value = stored[index] as bigint;
    target[index] = value === missing ? Number.NaN : Number(value) * bscale + bzero;
  }
  return target;
}

export function scalingOf({ header, bitpix, index, headerOffset }: Hdu): Scaling {
  const cards = structureCards(header, { file: header.origin, hdu: index, offset: headerOffset });
  const optional = (key: string, standard: number): number =>
    cards.read(() => (header.get(key) === undefined ? standard : header.number(key)));
  const blank = bitpix > 0 ? wholeNumber(cards.value("BLANK")) : undefined;
  const [bscale, bzero] = [optional("BSCALE", 1), optional("BZERO", 0)];
  // Number(2^63 - 1) is 2^63 too, but only the exact offset is the convention.
  const exact = typeof header.get("BZERO") !== "bigint" || header.get("BZERO") === 2n ** 63n;
  const otherSign = bitpix > 0 && exact && bzero === (bitpix === 8 ? -128 : 2 ** (bitpix - 1));
  return {
    bscale,
    bzero,
    form: bscale !== 1 ? undefined : bzero === 0 ? "plain" : otherSign ? "otherSign" : undefined,
    blank,
  };
}

/** Writers spell BLANK as a real too. What is no whole number at all no pixel can be. */
function wholeNumber(value: Scalar | undefined): number | bigint | undefined {
  if (typeof value === "bigint") return value;
  const number = typeof value === "string" || value === undefined ? Number.NaN : Number(value.valueOf());
  return typeof value !== "boolean" && Number.isInteger(number) ? number : undefined;
}

export function view(bitpix: Hdu["bitpix"], buffer: ArrayBuffer) {
  if (bitpix === 8) return new Uint8Array(buffer);
  if (bitpix === 16) return new Int16Array(buffer);
  if (bitpix === 32) return new Int32Array(buffer);
  if (bitpix === 64) return new BigInt64Array(buffer);
  return bitpix === -32 ? new Float32Array(buffer) : new Float64Array(buffer);
}

export function viewOfOtherSign(bitpix: Hdu["bitpix"], buffer: ArrayBuffer): PixelArray {
  if (bitpix === 8) return new Int8Array(buffer);
  if (bitpix === 16) return new Uint16Array(buffer);
  return bitpix === 32 ? new Uint32Array(buffer) : new BigUint64Array(buffer);
}
