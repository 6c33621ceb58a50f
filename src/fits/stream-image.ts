import type { ByteSink } from "../core/byte-source.ts";
import { FirstlightError } from "../core/errors.ts";
import { lentMemory } from "../core/lent-memory.ts";
import { type NdArray, type PixelArray, sizeOf } from "../core/ndarray.ts";
import { blockBytes, padded } from "./blocks.ts";
import type { Card } from "./card.ts";
import { sumWords } from "./checksum.ts";
import { emptyPrimary, tableCards } from "./encode-compressed.ts";
import type { EncodeFitsOptions } from "./encode-fits.ts";
import type { Header } from "./header.ts";
import { encodeHeader } from "./parse-header.ts";
import { signedHeader } from "./sign-header.ts";
import { storageOf, storePixels } from "./storage.ts";
import { storageCards } from "./storage-cards.ts";
import { type CompressionPreset, planTiles, type TileCompression } from "./tiles/compression.ts";
import { tileWriter } from "./tiles/write-tiles.ts";

const arrayTypes = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const satisfies Record<PixelType, unknown>;

/** The types of pixels by name; each decides BITPIX, the unsigned conventions among them. */
export type PixelType =
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float32"
  | "float64";

/** An image whose pixels are yet to come. */
export interface StreamedImage {
  readonly header: Header;
  readonly pixels: PixelType;
  /** `[NAXISn, …, NAXIS1]` */
  readonly shape: readonly number[];
}

/** Takes the pixels of one image, in their order: NAXIS1 varies fastest. */
export interface ImageWriter {
  /**
   * The next pixels: a slice, a row, any number. They are read until the promise has resolved; then the caller may use their memory
   * again. Calls that nobody waits for are done in their order, each with memory of its own.
   */
  write(pixels: PixelArray): Promise<void>;
  /** To be called when all pixels are written. */
  finish(): Promise<void>;
}

interface Place {
  /** Where in the file the HDU begins. */
  readonly offset: number;
  append(bytes: Uint8Array): Promise<void>;
}

export interface ImageStream {
  /** HDUs that have to go before the image. */
  readonly before: readonly Uint8Array[];
  begin(place: Place): Promise<ImageWriter>;
}

/** Checks what is asked, before anything is written. */
export function streamImage(
  { header, pixels, shape }: StreamedImage,
  index: number,
  { checksum = false, compression }: EncodeFitsOptions,
  sink: ByteSink,
): ImageStream {
  const type: new (length: number) => PixelArray = arrayTypes[pixels];
  const isWhole = shape.length > 0 && shape.every((axis) => Number.isSafeInteger(axis) && axis > 0);
  if (type === undefined || !isWhole || shape.length > 999 || !Number.isSafeInteger(sizeOf(shape) * 8)) {
    throw shapeError(
      index,
      `An image of the shape [${shape.join(", ")}] of ${pixels} cannot be written; give axes from 1 on, and a type among ${Object.keys(arrayTypes).join(", ")}.`,
    );
  }
  if ((checksum || compression !== undefined) && sink.writeAt === undefined) {
    throw new FirstlightError(
      "FITS_UNSUPPORTED",
      `${compression === undefined ? "Checksums stand before the pixels" : "The table of a compressed image stands before its tiles"}, and this sink cannot change what was written. Write to a path, or leave that out.`,
      { disposition: "invalid", fields: { hdu: index } },
    );
  }
  const count = pixelCounter(type, pixels, sizeOf(shape), index);
  const image = { data: new type(0), shape };
  // A plain primary has to say that extensions may follow; a compressed one stands behind a primary that does.
  const hduCount = compression === undefined ? index + 2 : index + 1;
  const role = { index, count: hduCount, checksum: checksum && compression === undefined };
  const cards = storageCards(header, image, role);
  if (compression === undefined) {
    return { before: [], begin: (place) => plainImage(cards, type, checksum, count, place, sink) };
  }
  return {
    before: index === 0 ? [emptyPrimary(checksum)] : [],
    begin: (place) => compressedImage(cards, image, compression, checksum, count, place, sink),
  };
}

interface PixelCounter {
  /** Refuses pixels of another type, and more than there is room for. */
  take(pixels: PixelArray): void;
  requireAll(): void;
}

function pixelCounter(
  type: new (length: number) => PixelArray,
  name: PixelType,
  size: number,
  hdu: number,
): PixelCounter {
  let taken = 0;
  return {
    take(pixels) {
      if (pixels.constructor !== type) {
        throw shapeError(hdu, `The image of HDU ${hdu} is of ${name}; it got a ${pixels.constructor.name}.`);
      }
      if (taken + pixels.length > size) {
        throw shapeError(hdu, `The image of HDU ${hdu} has ${size} pixels; it got ${taken + pixels.length}.`);
      }
      taken += pixels.length;
    },
    requireAll() {
      if (taken === size) return;
      throw shapeError(hdu, `The image of HDU ${hdu} has ${size} pixels; only ${taken} were written.`);
    },
  };
}

function shapeError(hdu: number, message: string): FirstlightError {
  return new FirstlightError("FITS_SHAPE", message, { disposition: "invalid", fields: { hdu } });
}

/** Bytes on their way to the file in whole portions, with their sum. */
interface DataUnit {
  /** So many bytes fit in the portion; at least one. */
  readonly room: number;
  add(sizeBytes: number, fill: (target: Uint8Array) => void): Promise<void>;
  /** Fills the last block up; the bytes before this unit's first count towards it. */
  end(bytesBefore: number): Promise<void>;
  readonly sum: number;
}

/** Whole words of any pixel, and whole blocks. */
const portionBytes = 360 * blockBytes;

function dataUnit(append: Place["append"], checksum: boolean): DataUnit {
  const memory = lentMemory(portionBytes);
  const portion = memory.bytes.subarray(0, portionBytes);
  let [filled, sizeBytes, sum] = [0, 0, 0];
  const flush = async (): Promise<void> => {
    const bytes = portion.subarray(0, filled);
    if (checksum) sum = sumWords(bytes, sum);
    filled = 0;
    await append(bytes);
  };
  const add = async (length: number, fill: (target: Uint8Array) => void): Promise<void> => {
    fill(portion.subarray(filled, filled + length));
    filled += length;
    sizeBytes += length;
    if (filled === portionBytes) await flush();
  };
  return {
    add,
    get room() {
      return portionBytes - filled;
    },
    get sum() {
      return sum;
    },
    async end(bytesBefore) {
      let missing = padded(bytesBefore + sizeBytes) - bytesBefore - sizeBytes;
      while (missing > 0) {
        const length = Math.min(missing, portionBytes - filled);
        await add(length, (target) => target.fill(0));
        missing -= length;
      }
      await flush();
      memory[Symbol.dispose]();
    },
  };
}

async function plainImage(
  cards: readonly Card[],
  type: new (length: number) => PixelArray,
  checksum: boolean,
  count: PixelCounter,
  { offset, append }: Place,
  sink: ByteSink,
): Promise<ImageWriter> {
  await append(encodeHeader(cards));
  const unit = dataUnit(append, checksum);
  const pixelBytes = new type(0).BYTES_PER_ELEMENT;
  return {
    async write(pixels) {
      count.take(pixels);
      for (let at = 0; at < pixels.length; ) {
        const part = pixels.subarray(at, at + Math.min(unit.room / pixelBytes, pixels.length - at));
        await unit.add(part.byteLength, (target) => storePixels(part, target));
        at += part.length;
      }
    },
    async finish() {
      count.requireAll();
      await unit.end(0);
      if (checksum) await sink.writeAt?.(offset, signedHeader(cards, unit.sum));
    },
  };
}

/** Pixels that are compressed at once, as far as tiles go. */
const pieceBytes = 2 ** 22;

async function compressedImage(
  image: readonly Card[],
  { data: none, shape }: NdArray,
  compression: TileCompression | CompressionPreset,
  checksum: boolean,
  count: PixelCounter,
  { offset, append }: Place,
  sink: ByteSink,
): Promise<ImageWriter> {
  const plan = planTiles(storageOf(none).bitpix, shape, compression);
  const writer = tileWriter(plan);
  const headerCards = (): Card[] => tableCards(image, plan, writer, checksum);
  const [, ...inner] = shape;
  const depthPixels = inner.reduce((product, length) => product * length, 1);
  const step =
    writer.depth * Math.max(1, Math.floor(pieceBytes / (writer.depth * depthPixels * none.BYTES_PER_ELEMENT)));
  const room = Math.min(step, shape[0] ?? 1) * depthPixels;
  const type = none.constructor as new (length: number) => PixelArray;
  const piece = new type(room);
  let filled = 0;
  const unit = dataUnit(append, checksum);
  const compress = async (): Promise<void> => {
    const depth = filled / depthPixels;
    await addBytes(unit, writer.add({ data: piece.subarray(0, filled), shape: [depth, ...inner] }));
    filled = 0;
  };
  const headerBytes = encodeHeader(headerCards()).length;
  await append(new Uint8Array(headerBytes));
  await append(writer.rows);
  return {
    async write(pixels) {
      count.take(pixels);
      for (let at = 0; at < pixels.length; ) {
        const length = Math.min(room - filled, pixels.length - at);
        // Both are of one type, which the compiler cannot see.
        (piece as Float64Array).set(pixels.subarray(at, at + length) as Float64Array, filled);
        filled += length;
        at += length;
        if (filled === room) await compress();
      }
    },
    async finish() {
      count.requireAll();
      if (filled > 0) await compress();
      await unit.end(writer.rows.length);
      const cards = headerCards();
      const header = checksum ? signedHeader(cards, sumWords(writer.rows, unit.sum)) : encodeHeader(cards);
      await sink.writeAt?.(offset, header);
      await sink.writeAt?.(offset + headerBytes, writer.rows);
      writer[Symbol.dispose]();
    },
  };
}

async function addBytes(unit: DataUnit, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const length = Math.min(unit.room, bytes.length - at);
    await unit.add(length, (target) => target.set(bytes.subarray(at, at + length)));
    at += length;
  }
}
