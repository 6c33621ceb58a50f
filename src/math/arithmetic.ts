import type { NdArray, PixelArray } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import { loadChunk, newChunk } from "./chunk.ts";
import type { FilesOptions } from "./files/accumulate-files.ts";
import { type FileOperand, overFiles } from "./files/over-files.ts";
import { mergeMasks } from "./flags.ts";
import { type FloatArray, newFloats, precisionOf } from "./precision.ts";
import { requireElements, requireSameShape } from "./shape.ts";

export type Operand = NdArray | number;

type Kernel = (x: Float64Array, y: Float64Array, count: number) => void;

/** The variance of a result into `va`, from both variances and both values. */
type VarianceKernel = (va: Float64Array, vb: Float64Array, a: Float64Array, b: Float64Array, count: number) => void;

interface Operation {
  readonly verb: string;
  readonly values: Kernel;
  readonly variances: VarianceKernel;
}

/**
 * Sum, pixel by pixel. Results are formed in float64 and rounded once: to float32 where every operand is a float32 or
 * an 8 or 16-bit integer, else float64.
 *
 * A frame keeps its header. Masks are merged; variances propagate to first order for independent errors, and an operand
 * without variance counts as exact. A frame without mask and variance costs what its image costs.
 *
 * A path stands for the frame of that FITS file: files are gone through strip by strip, and what is held is the result.
 *
 * @throws FirstlightError ARRAY_SHAPE where shapes differ, ARRAY_EMPTY without elements; of files as `average`
 */
export function add(a: NdArray, b: Operand): NdArray<FloatArray>;
export function add(a: Frame, b: Frame | Operand): Frame;
export function add(a: string, b: string | Frame | Operand, options?: FilesOptions): Promise<Frame>;
export function add(a: Frame, b: string, options?: FilesOptions): Promise<Frame>;
export function add(a: FileOperand, b: FileOperand, options?: FilesOptions): Result {
  return apply(addition, a, b, options);
}

/** Difference, pixel by pixel; otherwise as `add`. */
export function subtract(a: NdArray, b: Operand): NdArray<FloatArray>;
export function subtract(a: Frame, b: Frame | Operand): Frame;
export function subtract(a: string, b: string | Frame | Operand, options?: FilesOptions): Promise<Frame>;
export function subtract(a: Frame, b: string, options?: FilesOptions): Promise<Frame>;
export function subtract(a: FileOperand, b: FileOperand, options?: FilesOptions): Result {
  return apply(subtraction, a, b, options);
}

/** Product, pixel by pixel; otherwise as `add`. */
export function multiply(a: NdArray, b: Operand): NdArray<FloatArray>;
export function multiply(a: Frame, b: Frame | Operand): Frame;
export function multiply(a: string, b: string | Frame | Operand, options?: FilesOptions): Promise<Frame>;
export function multiply(a: Frame, b: string, options?: FilesOptions): Promise<Frame>;
export function multiply(a: FileOperand, b: FileOperand, options?: FilesOptions): Result {
  return apply(multiplication, a, b, options);
}

/** Quotient, pixel by pixel, with IEEE's results where the divisor is zero; otherwise as `add`. */
export function divide(a: NdArray, b: Operand): NdArray<FloatArray>;
export function divide(a: Frame, b: Frame | Operand): Frame;
export function divide(a: string, b: string | Frame | Operand, options?: FilesOptions): Promise<Frame>;
export function divide(a: Frame, b: string, options?: FilesOptions): Promise<Frame>;
export function divide(a: FileOperand, b: FileOperand, options?: FilesOptions): Result {
  return apply(division, a, b, options);
}

const addition: Operation = {
  verb: "add",
  values(x, y, count) {
    for (let i = 0; i < count; i++) x[i] = (x[i] as number) + (y[i] as number);
  },
  variances: sumOfVariances,
};

const subtraction: Operation = {
  verb: "subtract",
  values(x, y, count) {
    for (let i = 0; i < count; i++) x[i] = (x[i] as number) - (y[i] as number);
  },
  variances: sumOfVariances,
};

const multiplication: Operation = {
  verb: "multiply",
  values(x, y, count) {
    for (let i = 0; i < count; i++) x[i] = (x[i] as number) * (y[i] as number);
  },
  variances(va, vb, a, b, count) {
    for (let i = 0; i < count; i++) {
      va[i] = (va[i] as number) * (b[i] as number) ** 2 + (vb[i] as number) * (a[i] as number) ** 2;
    }
  },
};

const division: Operation = {
  verb: "divide",
  values(x, y, count) {
    for (let i = 0; i < count; i++) x[i] = (x[i] as number) / (y[i] as number);
  },
  variances(va, vb, a, b, count) {
    for (let i = 0; i < count; i++) {
      const divisor = b[i] as number;
      va[i] = ((va[i] as number) + (vb[i] as number) * ((a[i] as number) / divisor) ** 2) / divisor ** 2;
    }
  },
};

function sumOfVariances(va: Float64Array, vb: Float64Array, _a: Float64Array, _b: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) va[i] = (va[i] as number) + (vb[i] as number);
}

type Result = NdArray<FloatArray> | Frame | Promise<Frame>;

function apply(operation: Operation, a: FileOperand, b: FileOperand, options?: FilesOptions): Result {
  if (typeof a !== "string" && typeof b !== "string") return applyToHeld(operation, a as Frame, b);
  const found = overFiles(operation.verb, [a, b], options ?? {}, ([x, y]) => [
    applyToHeld(operation, x as Frame, y as Frame) as Frame,
  ]);
  return found.then(([frame]) => frame as Frame);
}

function applyToHeld(operation: Operation, a: NdArray | Frame, b: Frame | Operand): NdArray<FloatArray> | Frame {
  if (!("image" in a)) return combine(operation, a, isFrame(b) ? b.image : b);
  const other = isFrame(b) ? b : undefined;
  const image = other === undefined ? (b as Operand) : other.image;
  if (other !== undefined) {
    requireSameShape(a.image.shape, other.image.shape, operation.verb, [a.header.origin, other.header.origin]);
  }
  for (const each of [a.mask, other?.mask]) {
    if (each !== undefined) requireSameShape(a.image.shape, each.shape, operation.verb);
  }
  const mask = mergeMasks(a.mask, other?.mask);
  const variance = combineVariances(operation, a, image, other?.variance);
  return {
    header: a.header.clone(),
    image: combine(operation, a.image, image),
    ...(mask === undefined ? {} : { mask }),
    ...(variance === undefined ? {} : { variance }),
  };
}

function combine(operation: Operation, a: NdArray, b: Operand): NdArray<FloatArray> {
  requireElements(a, operation.verb);
  if (typeof b !== "number") requireSameShape(a.shape, b.shape, operation.verb);
  const size = a.data.length;
  const out = newFloats(size, typeof b === "number" ? precisionOf(a.data) : precisionOf(a.data, b.data));
  const x = newChunk();
  const y = newChunk();
  if (typeof b === "number") y.fill(b);
  for (let start = 0; start < size; ) {
    const count = loadChunk(a.data, start, x);
    if (typeof b !== "number") loadChunk(b.data, start, y);
    operation.values(x, y, count);
    out.set(count === x.length ? x : x.subarray(0, count), start);
    start += count;
  }
  return { data: out, shape: a.shape };
}

function combineVariances(
  operation: Operation,
  a: Frame,
  b: Operand,
  ofB: NdArray | undefined,
): NdArray<FloatArray> | undefined {
  if (a.variance === undefined && ofB === undefined) return undefined;
  const size = a.image.data.length;
  const known = [a.variance, ofB].filter((variance) => variance !== undefined);
  for (const variance of known) requireSameShape(a.image.shape, variance.shape, operation.verb);
  const out = newFloats(size, precisionOf(a.image.data, ...known.map((variance) => variance.data)));
  const [x, y, vx, vy] = [newChunk(), newChunk(), newChunk(), newChunk()];
  if (typeof b === "number") y.fill(b);
  const load = (from: PixelArray | undefined, start: number, into: Float64Array): void => {
    if (from === undefined) into.fill(0);
    else loadChunk(from, start, into);
  };
  for (let start = 0; start < size; ) {
    const count = loadChunk(a.image.data, start, x);
    if (typeof b !== "number") loadChunk(b.data, start, y);
    load(a.variance?.data, start, vx);
    load(ofB?.data, start, vy);
    operation.variances(vx, vy, x, y, count);
    out.set(vx.subarray(0, count), start);
    start += count;
  }
  return { data: out, shape: a.image.shape };
}

function isFrame(operand: Frame | Operand): operand is Frame {
  return typeof operand !== "number" && "image" in operand;
}
