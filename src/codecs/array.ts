import { type ByteSource, readAll } from "../core/byte-source.ts";
import { type NdArray, type PixelArray, sizeOf } from "../core/ndarray.ts";
import type { Codec, Encoder } from "./codec.ts";
import { codecDataError, codecTypeError } from "./codec-type.ts";

const magic = "\u0093NUMPY";
const alignmentBytes = 64;

const elements = {
  "|u1": Uint8Array,
  "|i1": Int8Array,
  "<u2": Uint16Array,
  "<i2": Int16Array,
  "<u4": Uint32Array,
  "<i4": Int32Array,
  "<u8": BigUint64Array,
  "<i8": BigInt64Array,
  "<f4": Float32Array,
  "<f8": Float64Array,
} as const;

/**
 * An array in numpy's format, version 1.0, in C order and little-endian, as `numpy.save` writes it. Versions 2 and 3, Fortran order and
 * big-endian elements, as arrays out of FITS have them, are read too; booleans are read as bytes of 0 and 1.
 */
export const array: Codec<NdArray> & Encoder<NdArray> = {
  name: "array",
  encode(value) {
    if (!isNdArray(value)) throw codecTypeError("array", "an NdArray whose shape fits its data", value);
    const description = Object.entries(elements).find(([, type]) => value.data instanceof type)?.[0];
    const axes = value.shape.length === 1 ? `${value.shape[0]},` : value.shape.join(", ");
    const header = `{'descr': '${description}', 'fortran_order': False, 'shape': (${axes}), }`;
    const prefixBytes = magic.length + 4;
    // numpy pads with blanks so that the data are aligned, and ends the header with a newline.
    const totalBytes = Math.ceil((prefixBytes + header.length + 1) / alignmentBytes) * alignmentBytes;
    const file = Buffer.alloc(totalBytes + value.data.byteLength);
    file.write(`${magic}\u0001\u0000`, "latin1");
    file.writeUInt16LE(totalBytes - prefixBytes, magic.length + 2);
    file.write(`${header.padEnd(totalBytes - prefixBytes - 1)}\n`, prefixBytes, "latin1");
    file.set(new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength), totalBytes);
    return file;
  },
  async decode(source) {
    return parseNpy(await readAll(source), source);
  },
};

function parseNpy(file: Uint8Array, source: ByteSource): NdArray {
  const bad = (problem: string) => codecDataError("array", source.name, problem);
  const buffer = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (buffer.toString("latin1", 0, 6) !== magic || buffer.length < 12) throw bad("it is no file of numpy.save.");
  const version = file[6] as number;
  if (version < 1 || version > 3) throw bad(`its format version is ${version}; 1 to 3 are read.`);
  const start = version === 1 ? 10 : 12;
  const dataStart = start + (version === 1 ? buffer.readUInt16LE(8) : buffer.readUInt32LE(8));
  if (dataStart > buffer.length) throw bad("it ends within its header.");
  const header = buffer.toString("latin1", start, dataStart);
  const description = /'descr': '([^']+)'/.exec(header)?.[1];
  const axes = /'shape': \(([\d, ]*)\)/.exec(header)?.[1];
  if (description === undefined || axes === undefined) throw bad(`its header is not understood: ${header.trim()}`);
  const order = /'fortran_order': (True|False)/.exec(header)?.[1];
  if (order === undefined) throw bad(`its header is not understood: ${header.trim()}`);
  const little = description === "|b1" ? "|u1" : description.replace(">", "<");
  if (!isKnown(little))
    throw bad(`its elements are '${description}'; expected one of ${Object.keys(elements).join(" ")}, or of |b1.`);

  const shape = axes.split(",").flatMap((axis) => (axis.trim() === "" ? [] : [Number(axis)]));
  const type = elements[little];
  const count = countOf(shape);
  if (count * type.BYTES_PER_ELEMENT !== buffer.length - dataStart) {
    throw bad(
      `its shape (${axes}) needs ${count * type.BYTES_PER_ELEMENT} bytes, it has ${buffer.length - dataStart}.`,
    );
  }
  // A copy, because the data need not be aligned in the file.
  const bytes = Buffer.from(file.slice(dataStart).buffer);
  if (description.startsWith(">")) swap(bytes, type.BYTES_PER_ELEMENT);
  const data = new type(bytes.buffer);
  return { data: order === "True" && shape.length > 1 ? inOrder(data, shape) : data, shape };
}

function swap(bytes: Buffer, wordBytes: number): void {
  if (wordBytes === 2) bytes.swap16();
  else if (wordBytes === 4) bytes.swap32();
  else if (wordBytes === 8) bytes.swap64();
}

/** In C order what is in Fortran's, where the first axis varies fastest. */
function inOrder(data: PixelArray, shape: readonly number[]): PixelArray {
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, length) => product * length, 1));
  const position = shape.map(() => 0);
  const result = data.slice();
  for (let i = 0; i < result.length; i += 1) {
    result[i] = data[position.reduce((sum, at, axis) => sum + at * (strides[axis] ?? 0), 0)] as number;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      position[axis] = ((position[axis] ?? 0) + 1) % (shape[axis] ?? 1);
      if (position[axis] !== 0) break;
    }
  }
  return result;
}

/** Unlike in FITS, an array of numpy without axes is one number. */
function countOf(shape: readonly number[]): number {
  return shape.length === 0 ? 1 : sizeOf(shape);
}

function isKnown(description: string): description is keyof typeof elements {
  return Object.hasOwn(elements, description);
}

function isNdArray(value: unknown): value is NdArray {
  if (typeof value !== "object" || value === null || !("data" in value) || !("shape" in value)) return false;
  const { data, shape } = value;
  return isPixelArray(data) && Array.isArray(shape) && countOf(shape) === data.length;
}

function isPixelArray(data: unknown): data is PixelArray {
  return Object.values(elements).some((type) => data instanceof type);
}
