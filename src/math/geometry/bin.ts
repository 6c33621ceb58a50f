import { FirstlightError } from "../../core/errors.ts";
import { type NdArray, type PixelArray, sizeOf } from "../../core/ndarray.ts";
import type { Frame } from "../../fits/frame.ts";
import { requireOption } from "../check-options.ts";
import { type FloatArray, newFloats, type Precision, precisionOf } from "../precision.ts";
import { requireElements } from "../shape.ts";
import { isFrame, moveFrame, scaling } from "./index-map.ts";

export interface BinOptions {
  /** What a block becomes. Default "mean". */
  readonly method?: "mean" | "sum";
  /** Leave NaN out of its block, which then is NaN only where all of it is. By default one NaN makes its block NaN. */
  readonly skipNaN?: boolean;
  /** Default: float64 for sums of integers, which keeps them exact up to 2^53; else as `average`. */
  readonly precision?: Precision;
}

/**
 * Blocks of elements become one: `factors` elements along each axis of the shape, which must be divisible by them, as numpy's reshape
 * demands. Sums are formed in float64 (of 64-bit integers in whole numbers) and rounded once.
 *
 * Of a frame, a block has all flags of its pixels, the variance Σσᵢ² of a sum or Σσᵢ²/n² of a mean for independent errors, and the
 * world coordinates of its middle. Blocks share no pixel: their errors stay independent.
 *
 * @throws FirstlightError ARRAY_SHAPE for factors that do not divide the shape
 */
export function bin(image: NdArray, factors: readonly number[], options?: BinOptions): NdArray<FloatArray>;
export function bin(frame: Frame, factors: readonly number[], options?: BinOptions): Frame;
export function bin(image: NdArray | Frame, factors: readonly number[], options: BinOptions = {}): NdArray | Frame {
  const { shape } = isFrame(image) ? image.image : image;
  const blocks = blocksOf(shape, factors);
  if (!isFrame(image)) return binned(image, blocks, options).image;
  const whole = binned(image.image, blocks, options);
  return moveFrame(image, {
    verb: "bin",
    map: scaling(
      factors,
      factors.map((factor) => (factor - 1) / 2),
    ),
    image: () => whole.image,
    mask: (mask) => united(mask, blocks),
    variance: (variance) => binnedVariance(variance, image.image, blocks, whole.counts, options),
  });
}

/** Where the rows of an array fall: a block is found by the row's base and the column's. */
interface Blocks {
  readonly shape: readonly number[];
  readonly rowLength: number;
  readonly factor: number;
  readonly size: number;
  /** The first element of the new row for each old row. */
  readonly bases: Uint32Array | Float64Array;
}

function blocksOf(shape: readonly number[], factors: readonly number[]): Blocks {
  const divides = (factor: number | undefined, axis: number): boolean =>
    factor !== undefined && Number.isSafeInteger(factor) && factor > 0 && (shape[axis] as number) % factor === 0;
  if (
    shape.length === 0 ||
    factors.length !== shape.length ||
    !shape.every((_, axis) => divides(factors[axis], axis))
  ) {
    throw new FirstlightError(
      "ARRAY_SHAPE",
      `Cannot bin an array of the shape [${shape.join(", ")}] by [${factors.join(", ")}]; give one whole factor per axis that divides it, or cut the array first.`,
      { disposition: "invalid", fields: { shape, factors } },
    );
  }
  const newShape = shape.map((length, axis) => length / (factors[axis] as number));
  const rowLength = shape.at(-1) as number;
  const newRowLength = newShape.at(-1) as number;
  const rows = sizeOf(shape.slice(0, -1)) || 1;
  const bases = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let [left, base, stride] = [row, 0, newRowLength];
    for (let axis = shape.length - 2; axis >= 0; axis--) {
      const length = shape[axis] as number;
      base += Math.floor((left % length) / (factors[axis] as number)) * stride;
      left = Math.floor(left / length);
      stride *= newShape[axis] as number;
    }
    bases[row] = base;
  }
  return { shape: newShape, rowLength, factor: factors.at(-1) as number, size: sizeOf(newShape), bases };
}

function binned(
  image: NdArray,
  blocks: Blocks,
  options: BinOptions,
): { readonly image: NdArray<FloatArray>; readonly counts: Float64Array | undefined } {
  requireElements(image, "bin");
  const { method = "mean", skipNaN = false } = options;
  requireOption("method", method, method === "mean" || method === "sum", "mean or sum");
  const { data } = image;
  const isSum = method === "sum";
  const [sums, counts] = skipNaN ? sumsWithoutNaN(data, blocks) : [sumsOf(data, blocks), undefined];
  const precision = options.precision ?? (isSum && !isFloat(data) ? "float64" : precisionOf(data));
  const out = newFloats(blocks.size, precision);
  const perBlock = data.length / blocks.size;
  for (let i = 0; i < out.length; i++) {
    const count = counts === undefined ? perBlock : (counts[i] as number);
    const sum = count === 0 ? Number.NaN : (sums[i] as number);
    out[i] = isSum ? sum : sum / count;
  }
  return { image: { data: out, shape: blocks.shape }, counts };
}

function binnedVariance(
  variance: NdArray,
  image: NdArray,
  blocks: Blocks,
  counts: Float64Array | undefined,
  { method = "mean", precision }: BinOptions,
): NdArray<FloatArray> {
  requireElements(variance, "bin a variance of");
  const perBlock = variance.data.length / blocks.size;
  const sums =
    counts === undefined ? sumsOf(variance.data, blocks) : sumsWithoutNaN(variance.data, blocks, image.data)[0];
  const out = newFloats(blocks.size, precision ?? precisionOf(variance.data));
  for (let i = 0; i < out.length; i++) {
    const count = counts === undefined ? perBlock : (counts[i] as number);
    const sum = count === 0 ? Number.NaN : (sums[i] as number);
    out[i] = method === "sum" ? sum : sum / count ** 2;
  }
  return { data: out, shape: blocks.shape };
}

function sumsOf(data: PixelArray, blocks: Blocks): Float64Array {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return wholeSums(data, blocks);
  const { rowLength, factor, bases } = blocks;
  const sums = new Float64Array(blocks.size);
  const row = new Float64Array(rowLength);
  for (let r = 0; r < bases.length; r++) {
    row.set(data.subarray(r * rowLength, (r + 1) * rowLength));
    let to = bases[r] as number;
    for (let column = 0; column < rowLength; to++) {
      let sum = sums[to] as number;
      for (const end = column + factor; column < end; column++) sum += row[column] as number;
      sums[to] = sum;
    }
  }
  return sums;
}

/** Sums and numbers of the elements that are not NaN; `of` says which are, where it is another array. */
function sumsWithoutNaN(data: PixelArray, blocks: Blocks, of: PixelArray = data): [Float64Array, Float64Array] {
  const { rowLength, factor, bases } = blocks;
  const sums = new Float64Array(blocks.size);
  const counts = new Float64Array(blocks.size);
  for (let r = 0; r < bases.length; r++) {
    for (let column = 0; column < rowLength; column++) {
      const from = r * rowLength + column;
      if (Number.isNaN(Number(of[from]))) continue;
      const to = (bases[r] as number) + Math.floor(column / factor);
      sums[to] = (sums[to] as number) + Number(data[from]);
      counts[to] = (counts[to] as number) + 1;
    }
  }
  return [sums, counts];
}

/** Beyond 2^53 only whole numbers sum exactly. */
function wholeSums(data: BigInt64Array | BigUint64Array, { rowLength, factor, bases, size }: Blocks): Float64Array {
  const sums = new Array<bigint>(size).fill(0n);
  for (let i = 0; i < data.length; i++) {
    const row = Math.floor(i / rowLength);
    const to = (bases[row] as number) + Math.floor((i - row * rowLength) / factor);
    sums[to] = (sums[to] as bigint) + (data[i] as bigint);
  }
  return Float64Array.from(sums, Number);
}

function united(mask: NdArray<Uint32Array>, { shape, size, rowLength, factor, bases }: Blocks): NdArray<Uint32Array> {
  const data = new Uint32Array(size);
  for (let r = 0; r < bases.length; r++) {
    for (let column = 0; column < rowLength; column++) {
      const to = (bases[r] as number) + Math.floor(column / factor);
      data[to] = (data[to] as number) | (mask.data[r * rowLength + column] as number);
    }
  }
  return { data, shape };
}

function isFloat(data: PixelArray): boolean {
  return data instanceof Float32Array || data instanceof Float64Array;
}
