import type { PixelArray } from "../core/ndarray.ts";
import { real } from "../core/scalar.ts";
import type { Frame } from "../fits/frame.ts";
import { Header, type HeaderRecord } from "../fits/header.ts";

export interface SyntheticFrameOptions {
  /** `[rows, columns]`. Default `[16, 16]`. */
  readonly shape?: readonly [rows: number, columns: number];
  /** The value of every pixel, or what each pixel has, whole counts from 0 to 65535. Default 1000. */
  readonly pixels?: number | ((row: number, column: number) => number);
  /** Pixels as they are, in the place of `pixels`: any type, as many as the shape asks for. */
  readonly data?: PixelArray;
  /** Cards to add, or to have other values than the standard ones; a whole real is `real(10)`. */
  readonly cards?: HeaderRecord;
}

/** What the stock tasks ask of a raw frame. */
const standardCards: HeaderRecord = {
  INSTRUME: ["SYNTH", "instrument"],
  PROP_ID: ["pid_1_1", "proposal"],
  IPTASK: ["observe", "what the frame was taken for"],
  "DATE-BEG": ["2024-05-01T12:00:00.000", "begin of the exposure, UTC"],
  XPOSURE: [real(20), "[ms] exposure time"],
};

/** A small raw frame for the test of a task: uint16 counts, and a header that the stock tasks can read. */
export function syntheticFrame(options: SyntheticFrameOptions = {}): Frame {
  const { shape = [16, 16], pixels = 1000, cards = {} } = options;
  const [rows, columns] = shape;
  const valueAt = typeof pixels === "number" ? () => pixels : pixels;
  const data =
    options.data ??
    Uint16Array.from({ length: rows * columns }, (_, i) => valueAt(Math.floor(i / columns), i % columns));
  return { header: Header.from({ ...standardCards, ...cards }), image: { data, shape: [rows, columns] } };
}
