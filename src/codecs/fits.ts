import type { NdArray } from "../core/ndarray.ts";
import { encodeFits, type HduContent } from "../fits/encode-fits.ts";
import type { Frame } from "../fits/frame.ts";
import { encodeFrame, readFrame } from "../fits/frame-file.ts";
import { hasImage } from "../fits/hdu.ts";
import { Header } from "../fits/header.ts";
import { openFits, readHeader } from "../fits/open-fits.ts";
import { readHduOf } from "../fits/read-hdu.ts";
import { type ReadImageOptions, readImage, readPixels } from "../fits/read-image.ts";
import type { CompressionPreset, TileCompression } from "../fits/tiles/compression.ts";
import type { Codec, DecodeContext, Encoder } from "./codec.ts";
import { codecTypeError } from "./codec-type.ts";

/** Header, image, and mask and variance where there are any. Checksums are written, and checked where there are any. */
const frame: Codec<Frame> & Encoder<Frame> = {
  name: "fits.frame",
  encode(value) {
    requireFrame(value, "fits.frame");
    return encodeFrame(value);
  },
  decode: (source, context) => readFrame(source, reading(context)),
};

/**
 * As `fits.frame`, its images written compressed, tile by tile: `fits.compressed("dkist")`, `fits.compressed({ level: 16 })`,
 * `fits.compressed("lossless")`. Without settings: integers as they are in RICE_1; reals in RICE_1 in steps of a quarter of their noise,
 * dithered so that no faint signal is lost.
 *
 * @throws FirstlightError FITS_COMPRESSION, when a frame is written, for settings that are none
 */
function compressed(compression: TileCompression | CompressionPreset = {}): Codec<Frame> & Encoder<Frame> {
  return {
    name: "fits.compressed",
    encode(value) {
      requireFrame(value, "fits.compressed");
      return encodeFrame(value, { compression });
    },
    decode: frame.decode,
  };
}

/** The pixels of the first HDU that has any, as physical values; written with a header of mandatory cards alone. */
const image: Codec<NdArray> & Encoder<NdArray> = {
  name: "fits.image",
  encode(value) {
    if (!isImage(value)) throw codecTypeError("fits.image", "an NdArray, { data, shape }", value);
    return encodeFits([{ header: new Header(), image: value }], { checksum: true });
  },
  decode: (source, context) => readImage(source, undefined, reading(context)),
};

/**
 * As `fits.image`; what has three axes, the first of length 1, as cameras write one exposure, is read as the plane that it is.
 * Every other shape stays: four axes, too.
 */
const squeezed: Codec<NdArray> & Encoder<NdArray> = {
  name: "fits.squeezed",
  encode: image.encode,
  async decode(source, context) {
    const { data, shape } = await image.decode(source, context);
    return { data, shape: shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape };
  },
};

/** The header of the first HDU with an image, as `fits.frame` takes it, else the primary's: no pixel is read, no checksum taken. Only reads. */
const header: Codec<Header, never> = {
  name: "fits.header",
  decode: (source) => readHeader(source),
};

/**
 * Every HDU with its header, and its image where it has one, which is written uncompressed; checksums as `fits.frame`. Tables, and what
 * else there is, are read as they are stored and written so again; `columns` make a table of their own.
 */
const hdus: Codec<readonly HduContent[]> & Encoder<readonly HduContent[]> = {
  name: "fits.hdus",
  encode(value) {
    if (!(Array.isArray(value) && value.every(isContent))) {
      throw codecTypeError(
        "fits.hdus",
        "an array of { header, image? }, { header, columns } or { header, data }",
        value,
      );
    }
    return encodeFits(value, { checksum: true });
  },
  async decode(source, context) {
    const file = await openFits(source);
    const contents: HduContent[] = [];
    for (const hdu of file.hdus) {
      if (hdu.type === "image") {
        const image = hasImage(hdu) ? { image: await readPixels(file.source, hdu, reading(context)) } : {};
        contents.push({ header: hdu.header, ...image });
      } else contents.push(await readHduOf(file.source, hdu, reading(context)));
    }
    return contents;
  },
};

/** The FITS codecs: `fits.frame`, `fits.compressed(…)`, `fits.image`, `fits.squeezed`, `fits.header`, `fits.hdus`. */
export const fits = { frame, compressed, image, squeezed, header, hdus } as const;

function requireFrame(value: unknown, codec: string): void {
  const valid = isRecord(value) && isHeader(value.header) && isImage(value.image);
  if (!valid) throw codecTypeError(codec, "a Frame, { header, image, mask?, variance? }", value);
}

function reading(context: DecodeContext): ReadImageOptions {
  return context.signal === undefined ? { checksum: true } : { checksum: true, signal: context.signal };
}

function isContent(value: unknown): boolean {
  if (!isRecord(value) || !isHeader(value.header)) return false;
  if (value.columns !== undefined) return Array.isArray(value.columns);
  if (value.data !== undefined) return value.data instanceof Uint8Array;
  return value.image === undefined || isImage(value.image);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

// By its shape and not by its class: the header may come from another copy of the library.
function isHeader(value: unknown): boolean {
  return isRecord(value) && Array.isArray(value.cards) && typeof value.get === "function";
}

function isImage(value: unknown): boolean {
  return (
    isRecord(value) && ArrayBuffer.isView(value.data) && !(value.data instanceof DataView) && Array.isArray(value.shape)
  );
}
