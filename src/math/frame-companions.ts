import { type NdArray, sizeOf } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import { carried } from "./carried.ts";
import { chunkLength, loadChunk, newChunk } from "./chunk.ts";
import type { FrameStack, StackStrip } from "./frame-stack.ts";
import { mergedFlags } from "./merged-flags.ts";
import { newFloats, precisionOf } from "./precision.ts";

/** Gathers what the result of a stack of frames carries beside its pixels. */
export interface FrameCompanions {
  take(strip: StackStrip): void;
  /** The frame of a result, its variance the mean σ² of the values of a pixel times `share` of their number. */
  frame(image: NdArray, share: (count: number, pixel: number) => number): Frame;
}

/** Undefined of arrays, which carry nothing. Values that are NaN or left out lend the result no variance. */
export function frameCompanions(stack: FrameStack, leaveOut: number): FrameCompanions | undefined {
  const { header, shape, hasVariance } = stack;
  if (header === undefined) return undefined;
  const size = sizeOf(shape);
  const merged = mergedFlags(size, leaveOut);
  const variances = hasVariance ? new Float64Array(size) : undefined;
  const counts = new Uint32Array(hasVariance ? size : 0);
  return {
    take(strip) {
      for (const mask of strip.masks) merged.take(mask, strip.start, strip.length);
      if (variances === undefined) return;
      const { start, length } = strip;
      addVariances(strip, variances.subarray(start, start + length), counts.subarray(start, start + length));
    },
    frame(image, share) {
      if (variances === undefined) return carried(header, image, merged.flags(), undefined);
      const data = newFloats(size, precisionOf(image.data));
      for (let i = 0; i < size; i += 1) {
        const count = counts[i] as number;
        data[i] = ((variances[i] as number) / count) * share(count, i);
      }
      return carried(header, image, merged.flags(), data);
    },
  };
}

function addVariances({ images, variances, length }: StackStrip, sums: Float64Array, counts: Uint32Array): void {
  const [values, squares] = [newChunk(), newChunk()];
  for (const [k, image] of images.entries()) {
    const variance = variances[k];
    if (variance === undefined) squares.fill(0);
    for (let start = 0; start < length; start += chunkLength) {
      const count = loadChunk(image, start, values);
      if (variance !== undefined) loadChunk(variance, start, squares);
      for (let i = 0, at = start; i < count; i += 1, at += 1) {
        if (Number.isNaN(values[i] as number)) continue;
        sums[at] = (sums[at] as number) + (squares[i] as number);
        counts[at] = (counts[at] as number) + 1;
      }
    }
  }
}
