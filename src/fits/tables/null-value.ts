import type { ColumnValues } from "./column.ts";
import { columnError } from "./writable-column.ts";

export type NumbersWithNulls = Extract<ColumnValues, { readonly type: "number" }> & {
  readonly nulls?: Uint8Array | undefined;
};

/**
 * The number that stands for the undefined ones of a column: the one that they hold already, where no other number is like it, or
 * else one that does not occur, from the ends of the type on. `undefined` where nothing is undefined, and for reals, which have NaN.
 *
 * @throws FirstlightError FITS_COLUMN when every number of the type occurs
 */
export function chooseNull(name: string, parts: readonly NumbersWithNulls[]): number | bigint | undefined {
  const [first] = parts;
  if (first === undefined || first.data instanceof Float32Array || first.data instanceof Float64Array) return undefined;
  const used = new Set<number | bigint>();
  const undefinedOnes = new Set<number | bigint>();
  for (const { data, nulls } of parts) {
    if (nulls !== undefined && nulls.length !== data.length) {
      throw columnError(name, `it has ${nulls.length} null flags for ${data.length} numbers.`);
    }
    for (let index = 0; index < data.length; index += 1) {
      (nulls?.[index] === 1 ? undefinedOnes : used).add(data[index] as number | bigint);
    }
  }
  if (undefinedOnes.size === 0) return undefined;
  const [held] = undefinedOnes;
  if (undefinedOnes.size === 1 && held !== undefined && !used.has(held)) return held;
  const bits = 8 * first.data.BYTES_PER_ELEMENT;
  const isBig = first.data instanceof BigInt64Array || first.data instanceof BigUint64Array;
  const isUnsigned = /^(?:Big)?Uint/.test(first.data.constructor.name);
  const lowest = isUnsigned ? 0n : -(2n ** BigInt(bits - 1));
  const highest = lowest + 2n ** BigInt(bits) - 1n;
  const own = (value: bigint) => (isBig ? value : Number(value));
  // Of unsigned numbers the highest is the rarer one, of signed ones the lowest.
  for (let step = 0n; step <= BigInt(used.size) && lowest + step <= highest; step += 1n) {
    const candidate = own(isUnsigned ? highest - step : lowest + step);
    if (!used.has(candidate)) return candidate;
  }
  throw columnError(name, "every number of its type occurs, so none is left for the undefined ones.");
}
