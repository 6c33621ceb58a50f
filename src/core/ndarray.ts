/** Any array of numbers that a pixel, a column or a kernel may be made of. */
export type PixelArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/**
 * An n-dimensional array in C order, as numpy's: the last axis varies fastest. A FITS image with NAXIS1 columns and
 * NAXIS2 rows has the shape `[NAXIS2, NAXIS1]`.
 */
export interface NdArray<T extends PixelArray = PixelArray> {
  readonly data: T;
  readonly shape: readonly number[];
}

/** The number of elements of a shape; 0 for a shape without axes. */
export function sizeOf(shape: readonly number[]): number {
  return shape.length === 0 ? 0 : shape.reduce((product, axis) => product * axis, 1);
}
