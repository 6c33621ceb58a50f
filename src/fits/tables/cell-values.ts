import { swapWords } from "../byte-order.ts";
import { latin1 } from "../parse-header.ts";
import type { ElementCode } from "./binary-form.ts";
import type { ColumnValues } from "./column.ts";
import { type NumberScaling, scaleComplex, scaleNumbers } from "./number-scaling.ts";

export interface CellForm {
  readonly code: ElementCode;
  /** Elements in a cell; where cells are not a whole number of bytes, as with bits, each starts at a byte. */
  readonly repeat: number;
  /** Characters in each string. */
  readonly textBytes: number;
  readonly scaling: NumberScaling;
}

/**
 * Turns the bytes of cells, one behind the other, into values. Numbers may be made in place, so the bytes are the caller's to
 * give away; they start at a multiple of 8 in their buffer.
 */
export function cellValues(
  bytes: Uint8Array<ArrayBuffer>,
  { code, repeat, textBytes, scaling }: CellForm,
): ColumnValues & { readonly nulls: Uint8Array | undefined } {
  switch (code) {
    case "L":
      return { type: "logical", data: Array.from(bytes, logicalOf), nulls: undefined };
    case "X":
      return { type: "bit", data: bitsOf(bytes, repeat), nulls: undefined };
    case "A":
      return { type: "text", data: textsOf(bytes, repeat, textBytes), nulls: undefined };
    case "C":
    case "M": {
      swapWords(bytes, code === "C" ? 4 : 8);
      const data = code === "C" ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) : reals(bytes);
      return { type: "complex", data: scaleComplex(data, scaling), nulls: undefined };
    }
    default:
      return { type: "number", ...scaleNumbers(numbersOf(bytes, code), scaling) };
  }
}

function reals(bytes: Uint8Array<ArrayBuffer>): Float64Array {
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
}

function numbersOf(bytes: Uint8Array<ArrayBuffer>, code: "B" | "I" | "J" | "K" | "E" | "D") {
  const { buffer, byteOffset, length } = bytes;
  swapWords(bytes, { B: 1, I: 2, J: 4, K: 8, E: 4, D: 8 }[code]);
  if (code === "B") return bytes;
  if (code === "I") return new Int16Array(buffer, byteOffset, length / 2);
  if (code === "J") return new Int32Array(buffer, byteOffset, length / 4);
  if (code === "K") return new BigInt64Array(buffer, byteOffset, length / 8);
  return code === "E" ? new Float32Array(buffer, byteOffset, length / 4) : reals(bytes);
}

function logicalOf(byte: number): boolean | undefined {
  if (byte === 84) return true;
  return byte === 70 ? false : undefined;
}

/** The highest bit of a byte is the first; what is left of a cell's last byte is padding. */
function bitsOf(bytes: Uint8Array, repeat: number): Uint8Array {
  const cellBytes = Math.ceil(repeat / 8);
  const cells = cellBytes === 0 ? 0 : bytes.length / cellBytes;
  const bits = new Uint8Array(cells * repeat);
  for (let index = 0; index < bits.length; index += 1) {
    const bit = index % repeat;
    const byte = bytes[((index - bit) / repeat) * cellBytes + (bit >> 3)] as number;
    bits[index] = (byte >> (7 - (bit & 7))) & 1;
  }
  return bits;
}

/** A string ends at a NUL; blanks at its end are padding. */
function textsOf(bytes: Uint8Array, repeat: number, textBytes: number): string[] {
  if (textBytes === 0) return [];
  const texts: string[] = [];
  for (let cell = 0; cell + repeat <= bytes.length; cell += repeat) {
    for (let at = cell; at + textBytes <= cell + repeat; at += textBytes) {
      const text = latin1(bytes.subarray(at, at + textBytes));
      const end = text.indexOf("\0");
      texts.push((end === -1 ? text : text.slice(0, end)).trimEnd());
    }
  }
  return texts;
}
