import type { PixelArray } from "../../core/ndarray.ts";
import type { Scalar } from "../../core/scalar.ts";
import { flipSigns } from "../byte-order.ts";
import type { StructureCards } from "../structure-cards.ts";

/** TSCALn, TZEROn and TNULLn of one column (FITS 4.0 §7.3.2). */
export interface NumberScaling {
  readonly scale: number;
  readonly zero: number | bigint;
  readonly nullValue: number | bigint | undefined;
}

export function numberScaling(cards: StructureCards, column: number): NumberScaling {
  const zero = cards.value(`TZERO${column}`);
  const nullValue = cards.value(`TNULL${column}`);
  return {
    scale: numberOf(cards.value(`TSCAL${column}`), 1),
    zero: typeof zero === "bigint" ? zero : numberOf(zero, 0),
    // A null value that is no integer is one that no stored number has.
    nullValue: isWhole(nullValue) ? nullValue : undefined,
  };
}

function isWhole(value: Scalar | undefined): value is number | bigint {
  return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
}

function numberOf(value: Scalar | undefined, standard: number): number {
  const number = typeof value === "string" || value === undefined ? Number.NaN : Number(value.valueOf());
  return Number.isNaN(number) ? standard : number;
}

export interface ScaledNumbers {
  readonly data: PixelArray;
  readonly nulls: Uint8Array | undefined;
}

/**
 * Applies the scaling to stored numbers: the unsigned conventions (FITS 4.0 §7.3.2, table 19) change the type alone; any other
 * scale or zero gives float64, NaN where the stored number is the null value. `stored` may be changed.
 */
export function scaleNumbers(stored: PixelArray, { scale, zero, nullValue }: NumberScaling): ScaledNumbers {
  const real = stored instanceof Float32Array || stored instanceof Float64Array;
  const nulls = real || nullValue === undefined ? undefined : nullsOf(stored, nullValue);
  if (scale === 1 && Number(zero) === 0) return { data: stored, nulls };
  const offset = stored instanceof Uint8Array ? -128 : 2 ** (8 * stored.BYTES_PER_ELEMENT - 1);
  if (!real && scale === 1 && Number(zero) === offset && (typeof zero !== "bigint" || zero === BigInt(offset))) {
    return { data: otherSign(stored), nulls };
  }
  const data = new Float64Array(stored.length);
  const added = Number(zero);
  for (let index = 0; index < data.length; index += 1) {
    data[index] = nulls?.[index] === 1 ? Number.NaN : Number(stored[index]) * scale + added;
  }
  return { data, nulls };
}

/** As `scaleNumbers`, of real and imaginary parts by turns: the scale is of both, the zero of the real part (FITS 4.0 §7.3.2). */
export function scaleComplex(
  stored: Float32Array | Float64Array,
  { scale, zero }: NumberScaling,
): Float32Array | Float64Array {
  const added = Number(zero);
  if (scale === 1 && added === 0) return stored;
  return Float64Array.from(stored, (part, index) => (index % 2 === 0 ? part * scale + added : part * scale));
}

function nullsOf(stored: PixelArray, nullValue: number | bigint): Uint8Array {
  const wanted = stored instanceof BigInt64Array ? BigInt(nullValue) : Number(nullValue);
  const nulls = new Uint8Array(stored.length);
  for (let index = 0; index < stored.length; index += 1) if (stored[index] === wanted) nulls[index] = 1;
  return nulls;
}

function otherSign(stored: PixelArray): PixelArray {
  const { buffer, byteOffset, byteLength, length, BYTES_PER_ELEMENT } = stored;
  flipSigns(new Uint8Array(buffer, byteOffset, byteLength), BYTES_PER_ELEMENT);
  if (BYTES_PER_ELEMENT === 1) return new Int8Array(buffer, byteOffset, length);
  if (BYTES_PER_ELEMENT === 2) return new Uint16Array(buffer, byteOffset, length);
  if (BYTES_PER_ELEMENT === 4) return new Uint32Array(buffer, byteOffset, length);
  return new BigUint64Array(buffer, byteOffset, length);
}
