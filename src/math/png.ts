import { crc32, deflateSync } from "node:zlib";
import type { NdArray } from "../core/ndarray.ts";
import { requireOption, requireWhole } from "./check-options.ts";
import { type ColourMapName, colourTable } from "./colour-map.ts";
import { imageSize } from "./shape.ts";
import { type DisplayLimits, type StretchName, stretch } from "./stretch.ts";

export interface PngOptions {
  /** Default `asinh`. */
  readonly stretch?: StretchName;
  /** Default the percentiles 0.5 and 99.5. */
  readonly limits?: DisplayLimits;
  /** Default `grey`. */
  readonly colourMap?: ColourMapName;
  /** Each pixel becomes a square of so many, a whole number. Default 1. */
  readonly scale?: number;
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const paletteColour = 3;
/** Of an enlarged picture: one of 16384 × 16384. */
export const mostPixels = 2 ** 28;

/**
 * The image as a PNG with a palette (W3C PNG, third edition), its first row at the bottom as DS9 shows it, pixels without
 * a number in magenta. Equal pixels and options give equal bytes with one version of zlib.
 *
 * @throws FirstlightError ARRAY_SHAPE unless the image has two axes, ARRAY_EMPTY without pixels, MATH_OPTION for a scale that is none, or
 * one that would make a picture of more than 2^28 pixels
 */
export function renderPng(image: NdArray, options: PngOptions = {}): Uint8Array {
  const { rows, columns } = imageSize(image, "draw");
  const { colourMap = "grey", limits = { percentiles: [0.5, 99.5] }, scale = 1 } = options;
  requireWhole("scale", scale, 1);
  if (scale > 1) {
    const most = Math.floor(Math.sqrt(mostPixels / (rows * columns)));
    const fits = `a number that makes a picture of at most ${mostPixels} pixels, for ${columns} × ${rows} up to ${Math.max(1, most)}`;
    requireOption("scale", scale, scale <= most, fits);
  }
  const levels = stretch(image, options.stretch ?? "asinh", limits);
  const [width, height] = [columns * scale, rows * scale];
  // Each line begins with the number of its filter: 0, none.
  const lines = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) {
    const from = (rows - 1 - Math.floor(y / scale)) * columns;
    const to = y * (width + 1) + 1;
    for (let x = 0; x < width; x++) lines[to + x] = levels[from + Math.floor(x / scale)] as number;
  }
  const header = new Uint8Array(13);
  const fields = new DataView(header.buffer);
  fields.setUint32(0, width);
  fields.setUint32(4, height);
  header.set([8, paletteColour, 0, 0, 0], 8);
  return Buffer.concat([
    Uint8Array.from(signature),
    chunk("IHDR", header),
    chunk("PLTE", colourTable(colourMap)),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(body.length + 12);
  const fields = new DataView(bytes.buffer);
  fields.setUint32(0, body.length);
  bytes.set(Buffer.from(type, "latin1"), 4);
  bytes.set(body, 8);
  fields.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)));
  return bytes;
}
