import type { PixelArray } from "../core/ndarray.ts";
import { type ValueKernels, valueKernels, valuePortion } from "../kernels/value-kernels.ts";

/** Pixels per step: two operands as float64 then fit the first-level cache. */
export const chunkLength = 2048;

/** A scratch row for `loadChunk`. */
export function newChunk(): Float64Array {
  return new Float64Array(chunkLength);
}

/**
 * Copies up to `chunkLength` pixels from `start` on into `chunk` as float64, and returns how many. Loops over one array
 * type stay fast whatever the pixels are: the conversion is native, and the compiled loop sees one type only. 64-bit
 * integers beyond 2^53 are rounded.
 */
export function loadChunk(data: PixelArray, start: number, chunk: Float64Array): number {
  const count = Math.min(chunkLength, data.length - start);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < count; i++) chunk[i] = Number(data[start + i]);
  } else {
    chunk.set(data.subarray(start, start + count));
  }
  return count;
}

/** Hands all pixels to the kernels, portion by portion: float32 as they are, the rest as float64. */
export function forEachPortion(
  data: PixelArray,
  use: (kernels: ValueKernels, is32: boolean, count: number, start: number) => void,
): void {
  const kernels = valueKernels();
  const is32 = data instanceof Float32Array;
  for (let start = 0; start < data.length; start += valuePortion) {
    const count = Math.min(valuePortion, data.length - start);
    if (is32) kernels.float32.set(data.subarray(start, start + count));
    else if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
      for (let i = 0; i < count; i++) kernels.float64[i] = Number(data[start + i]);
    } else kernels.float64.set(data.subarray(start, start + count));
    use(kernels, is32, count, start);
  }
}
