import type { NdArray, PixelArray } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import { carried } from "./carried.ts";
import { chunkLength, loadChunk, newChunk } from "./chunk.ts";
import type { FilesOptions } from "./files/accumulate-files.ts";
import { eachFrame, type FramePiece, type PieceTaker } from "./files/each-frame.ts";
import type { Many } from "./files/many.ts";
import { type LeaveOutOptions, withoutFlagged } from "./leave-out.ts";
import { mergedFlags } from "./merged-flags.ts";

export interface Extremes<T = NdArray<Float64Array>> {
  readonly min: T;
  readonly max: T;
}

export type ExtremesOptions = FilesOptions & LeaveOutOptions;

/**
 * The least and the greatest value of each pixel over many arrays or frames, or over the frames of FITS files given by their paths.
 * NaN is left out; a pixel without any number is NaN.
 *
 * Of frames, both have the first one's header, the flags of all masks, and where frames carry variances that of the value chosen, the
 * first where several are alike; 0 where its frame has none, NaN without any number.
 *
 * @throws FirstlightError ARRAY_EMPTY without arrays, ARRAY_SHAPE where shapes differ; of files as `average`
 */
export async function extremes(frames: Many<NdArray>, options?: ExtremesOptions): Promise<Extremes>;
export async function extremes(frames: Many<Frame> | Many<string>, options?: ExtremesOptions): Promise<Extremes<Frame>>;
export async function extremes(
  frames: Many<NdArray> | Many<Frame> | Many<string>,
  options: ExtremesOptions = {},
): Promise<Extremes | Extremes<Frame>> {
  const { leaveOut = 0 } = options;
  const { taker, header, shape } = await eachFrame(frames, "compare", options, (size) => bounds(size, leaveOut));
  const [min, max] = [taker.min, taker.max].map(({ values }) => ({ data: values, shape })) as [
    NdArray<Float64Array>,
    NdArray<Float64Array>,
  ];
  if (header === undefined) return { min, max };
  return {
    min: carried(header, min, taker.flags(), taker.min.variances),
    max: carried(header, max, taker.flags(), taker.max.variances),
  };
}

interface Bound {
  readonly values: Float64Array;
  /** From the first frame with variances on: what came before was exact. */
  variances: Float64Array | undefined;
}

interface Bounds extends PieceTaker {
  readonly min: Bound;
  readonly max: Bound;
  flags(): Uint32Array | undefined;
}

function bounds(size: number, leaveOut: number): Bounds {
  const none = (): Bound => ({ values: new Float64Array(size).fill(Number.NaN), variances: undefined });
  const [min, max] = [none(), none()];
  const merged = mergedFlags(size, leaveOut);
  const chunk = newChunk();
  return {
    min,
    max,
    flags: merged.flags,
    take({ start, image, mask, variance }: FramePiece) {
      merged.take(mask, start, image.length);
      const pixels = withoutFlagged(image, mask, leaveOut);
      const isExact = variance === undefined && min.variances === undefined;
      for (let at = 0; at < pixels.length; at += chunkLength) {
        const count = loadChunk(pixels, at, chunk);
        if (isExact) {
          widenBoth(min.values, max.values, chunk, count, start + at);
          continue;
        }
        widen(min, chunk.subarray(0, count), variance?.subarray(at), start + at, -1);
        widen(max, chunk.subarray(0, count), variance?.subarray(at), start + at, 1);
      }
    },
  };
}

function widenBoth(min: Float64Array, max: Float64Array, from: Float64Array, count: number, at: number): void {
  for (let i = 0, to = at; i < count; i += 1, to += 1) {
    const value = from[i] as number;
    // What is not a number is not beyond anything; whatever is one replaces it.
    if (!(value >= (min[to] as number)) && !Number.isNaN(value)) min[to] = value;
    if (!(value <= (max[to] as number)) && !Number.isNaN(value)) max[to] = value;
  }
}

/** Takes what is greater, with its variance, or with the sign -1 what is less. */
function widen(bound: Bound, from: Float64Array, variance: PixelArray | undefined, at: number, sign: 1 | -1): void {
  const { values } = bound;
  if (variance !== undefined) bound.variances ??= values.map((value) => (Number.isNaN(value) ? value : 0));
  const { variances } = bound;
  for (let i = 0, to = at; i < from.length; i += 1, to += 1) {
    const value = from[i] as number;
    if (sign * value <= sign * (values[to] as number) || Number.isNaN(value)) continue;
    values[to] = value;
    if (variances !== undefined) variances[to] = variance === undefined ? 0 : Number(variance[i]);
  }
}
