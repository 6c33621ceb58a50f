import type { NdArray, PixelArray } from "../core/ndarray.ts";

export type FloatArray = Float32Array | Float64Array;

/** The type of a result. Sums are always formed in float64 and rounded once. */
export type Precision = "float32" | "float64";

/** numpy's promotion with float32: enough for 8 and 16-bit integers and float32, else float64. */
export function precisionOf(...operands: readonly PixelArray[]): Precision {
  return operands.every(isNarrow) ? "float32" : "float64";
}

export function newFloats(size: number, precision: Precision): FloatArray {
  return precision === "float32" ? new Float32Array(size) : new Float64Array(size);
}

/** The same values as float32; the array itself where it is float32 already. */
export function toFloat32(array: NdArray): NdArray<Float32Array> {
  const { data, shape } = array;
  if (data instanceof Float32Array) return { data, shape };
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return { data: Float32Array.from(data, Number), shape };
  }
  return { data: new Float32Array(data), shape };
}

/** A copy of the values as float64. */
export function toFloat64(data: PixelArray): Float64Array {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  // Several times as fast as Float64Array.from with a function.
  return new Float64Array(data);
}

function isNarrow(data: PixelArray): boolean {
  return data instanceof Float32Array || data.BYTES_PER_ELEMENT <= 2;
}
