import type { PixelArray } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import type { HeaderRecord } from "../fits/header.ts";
import { requirePixel, requireShape } from "./require-synthetic.ts";
import { type FrameKind, syntheticHeader } from "./synthetic-header.ts";

export interface SyntheticFrameOptions {
  /** What the frame was taken for. Default `observe`. */
  readonly kind?: FrameKind;
  /** `[rows, columns]`. Default `[16, 16]`. */
  readonly shape?: readonly [rows: number, columns: number];
  /** The value of every pixel, or what each pixel has, whole counts from 0 to 65535. Default 1000. */
  readonly pixels?: number | ((row: number, column: number) => number);
  /** Pixels as they are, in the place of `pixels`: any type, as many as the shape asks for. */
  readonly data?: PixelArray;
  /** Cards to add, or to have other values than those of the kind; a whole real is `real(10)`. */
  readonly cards?: HeaderRecord;
}

/**
 * A small raw frame for the test of a task: uint16 counts, and a header that the stock tasks can read.
 *
 * @throws FirstlightError SYNTHETIC_FRAME for a kind that is none, pixels that are no such counts, and data that do not fill the shape
 */
export function syntheticFrame(options: SyntheticFrameOptions = {}): Frame {
  const { shape = [16, 16], pixels = 1000 } = options;
  requireShape(shape, options.data?.length);
  const [rows, columns] = shape;
  const valueAt = typeof pixels === "function" ? pixels : () => pixels;
  const data =
    options.data ??
    Uint16Array.from({ length: rows * columns }, (_, i) => requirePixel(valueAt(Math.floor(i / columns), i % columns)));
  return { header: syntheticHeader(options.kind, options.cards), image: { data, shape: [rows, columns] } };
}
