import { FirstlightError } from "../core/errors.ts";
import { type NdArray, type PixelArray, sizeOf } from "../core/ndarray.ts";
import type { Bitpix } from "./bitpix.ts";
import { flipSigns, swapWords } from "./byte-order.ts";

/** How an element type is stored: its BITPIX, and BZERO for the unsigned conventions (FITS 4.0 §4.4.2.5, table 11). */
export interface Storage {
  readonly bitpix: Bitpix;
  readonly bzero: number | bigint;
}

export function storageOf(data: PixelArray): Storage {
  if (data instanceof Uint8Array) return { bitpix: 8, bzero: 0 };
  if (data instanceof Int8Array) return { bitpix: 8, bzero: -128 };
  if (data instanceof Int16Array) return { bitpix: 16, bzero: 0 };
  if (data instanceof Uint16Array) return { bitpix: 16, bzero: 32768 };
  if (data instanceof Int32Array) return { bitpix: 32, bzero: 0 };
  if (data instanceof Uint32Array) return { bitpix: 32, bzero: 2147483648 };
  if (data instanceof BigInt64Array) return { bitpix: 64, bzero: 0 };
  if (data instanceof BigUint64Array) return { bitpix: 64, bzero: 2n ** 63n };
  if (data instanceof Float32Array) return { bitpix: -32, bzero: 0 };
  if (data instanceof Float64Array) return { bitpix: -64, bzero: 0 };
  throw new FirstlightError("FITS_SHAPE", "The image's data are not a typed array that FITS can store.", {
    disposition: "invalid",
  });
}

/** Puts the pixels into `target` as FITS stores them: big-endian, unsigned ones shifted. */
export function storePixels(data: PixelArray, target: Uint8Array): void {
  target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  if (storageOf(data).bzero !== 0) flipSigns(target, data.BYTES_PER_ELEMENT);
  swapWords(target, data.BYTES_PER_ELEMENT);
}

/** @throws FirstlightError FITS_SHAPE when the shape does not fit the data */
export function requireShape(image: NdArray, what: string): void {
  const { shape, data } = image;
  const whole = shape.every((axis) => Number.isSafeInteger(axis) && axis >= 0);
  if (whole && shape.length <= 999 && sizeOf(shape) === data.length) return;
  throw new FirstlightError(
    "FITS_SHAPE",
    `The ${what} has the shape [${shape.join(", ")}], which does not fit its ${data.length} elements.`,
    { disposition: "invalid", fields: { shape, length: data.length } },
  );
}
