import type { PixelArray } from "../../core/ndarray.ts";
import { swapWords } from "../byte-order.ts";
import { storePixels } from "../storage.ts";
import { elementBytes } from "./binary-form.ts";
import type { ColumnValues } from "./column.ts";
import type { ColumnPlan } from "./column-plan.ts";
import { columnError } from "./writable-column.ts";

const printable = /^[ -~]*$/;

/**
 * The bytes of cells, one behind the other, each of `repeat` elements: what `cellValues` reads.
 *
 * @throws FirstlightError FITS_COLUMN for texts that are not ASCII
 */
export function cellBytes(
  name: string,
  values: ColumnValues & { readonly nulls?: Uint8Array | undefined },
  { repeat, textBytes, code, nullValue }: Pick<ColumnPlan, "repeat" | "textBytes" | "code" | "nullValue">,
): Uint8Array {
  switch (values.type) {
    case "logical":
      return Uint8Array.from(values.data, (truth) => (truth === undefined ? 0 : truth ? 84 : 70));
    case "bit":
      return bitBytes(values.data, repeat);
    case "text":
      return textBytesOf(name, values.data, textBytes);
    case "complex": {
      const bytes = new Uint8Array(new Uint8Array(values.data.buffer, values.data.byteOffset, values.data.byteLength));
      swapWords(bytes, code === "C" ? 4 : 8);
      return bytes;
    }
    case "number": {
      const data = withNulls(values.data, values.nulls, nullValue);
      const bytes = new Uint8Array(data.byteLength);
      storePixels(data, bytes);
      return bytes;
    }
  }
}

function withNulls(
  data: PixelArray,
  nulls: Uint8Array | undefined,
  nullValue: number | bigint | undefined,
): PixelArray {
  if (nulls === undefined || !nulls.includes(1)) return data;
  const value = nullValue ?? Number.NaN;
  const copy = data.slice();
  // The value is of the array's own kind, which the compiler cannot see.
  for (let index = 0; index < copy.length; index += 1) if (nulls[index] === 1) copy[index] = value as number;
  return copy;
}

function bitBytes(bits: Uint8Array, repeat: number): Uint8Array {
  const cellBytesCount = elementBytes("X", repeat);
  const bytes = new Uint8Array(repeat === 0 ? 0 : (bits.length / repeat) * cellBytesCount);
  for (let index = 0; index < bits.length; index += 1) {
    const bit = index % repeat;
    const at = ((index - bit) / repeat) * cellBytesCount + (bit >> 3);
    if (bits[index] !== 0) bytes[at] = (bytes[at] as number) | (128 >> (bit & 7));
  }
  return bytes;
}

/** Blanks fill each string up. */
function textBytesOf(name: string, texts: readonly string[], textBytes: number): Uint8Array {
  const bytes = new Uint8Array(texts.length * textBytes).fill(0x20);
  for (const [index, text] of texts.entries()) {
    if (!printable.test(text)) throw columnError(name, `its text ${JSON.stringify(text)} is not printable ASCII.`);
    for (let at = 0; at < text.length; at += 1) bytes[index * textBytes + at] = text.charCodeAt(at);
  }
  return bytes;
}
