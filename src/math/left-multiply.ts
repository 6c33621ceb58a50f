import { FirstlightError } from "../core/errors.ts";
import { type NdArray, sizeOf } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import type { FilesOptions } from "./files/accumulate-files.ts";
import { overFiles } from "./files/over-files.ts";
import { mergeMasks } from "./flags.ts";
import { type FloatArray, newFloats, precisionOf } from "./precision.ts";
import { empty, requireElements, requireSameShape } from "./shape.ts";

/**
 * Small matrix products over a stack: `matrices` (…, m, n) times `vectors` (…, n) is (…, m), in float64. The leading axes are those of
 * both, or of one of them where the other has none: one matrix for all pixels, or one vector for all matrices. What numpy calls
 * `matrices @ vectors[..., None]`; for demodulation, n is the number of modulation states and m that of Stokes parameters.
 *
 * @throws FirstlightError ARRAY_SHAPE where the shapes do not fit
 */
export function leftMultiply(matrices: NdArray, vectors: NdArray): NdArray<Float64Array> {
  requireElements(matrices, "multiply");
  requireElements(vectors, "multiply");
  const [m = 0, n = 0] = matrices.shape.slice(-2);
  const [ofMatrices, ofVectors] = [matrices.shape.slice(0, -2), vectors.shape.slice(0, -1)];
  const fits = ofMatrices.length === 0 || ofVectors.length === 0 || String(ofMatrices) === String(ofVectors);
  if (matrices.shape.length < 2 || vectors.shape.at(-1) !== n || !fits) {
    throw new FirstlightError(
      "ARRAY_SHAPE",
      `Cannot multiply matrices of the shape ${matrices.shape.join(" x ")} with vectors of the shape ${vectors.shape.join(" x ")}; give (…, m, n) and (…, n), the leading axes alike or none on one side.`,
      { fields: { shapes: [matrices.shape, vectors.shape] } },
    );
  }
  const leading = ofMatrices.length === 0 ? ofVectors : ofMatrices;
  const count = leading.length === 0 ? 1 : sizeOf(leading);
  const [matrixStep, vectorStep] = [ofMatrices.length === 0 ? 0 : m * n, ofVectors.length === 0 ? 0 : n];
  const [a, b] = [asFloats(matrices), asFloats(vectors)];
  const data = new Float64Array(count * m);
  for (let k = 0; k < count; k += 1) {
    for (let row = 0; row < m; row += 1) {
      let sum = 0;
      const at = k * matrixStep + row * n;
      for (let i = 0; i < n; i += 1) sum += (a[at + i] as number) * (b[k * vectorStep + i] as number);
      data[k * m + row] = sum;
    }
  }
  return { data, shape: [...leading, m] };
}

/**
 * Linear combinations of frames of one shape: frame i of the result is Σₖ matrix[i][k] · frames[k]. With a demodulation matrix, of
 * modulation states the Stokes parameters. `matrix` has the shape (m, n), or (…, m, n) with the frames' own axes before, a matrix for
 * each pixel.
 *
 * All of them have the first frame's header, all flags that any mask has, and where frames carry variances Σₖ matrix[i][k]²·σₖ²; the
 * errors of one frame of the result are then not independent of those of another.
 *
 * Frames given by the paths of their FITS files are gone through strip by strip, those of the result are held.
 *
 * @throws FirstlightError ARRAY_EMPTY without frames, ARRAY_SHAPE where shapes do not fit; of files as `average`
 */
export function combine(frames: readonly Frame[], matrix: NdArray): Frame[];
export function combine(frames: readonly string[], matrix: NdArray, options?: FilesOptions): Promise<Frame[]>;
export function combine(
  frames: readonly Frame[] | readonly string[],
  matrix: NdArray,
  options: FilesOptions = {},
): Frame[] | Promise<Frame[]> {
  const isOfPaths = (all: typeof frames): all is readonly string[] => typeof all[0] === "string";
  if (!isOfPaths(frames)) return combineFrames(frames, matrix);
  const [m = 0, n = 0] = matrix.shape.slice(-2);
  return overFiles("combine", frames, options, (parts, { start, length, shape }) => {
    if (matrix.shape.length === 2) return combineFrames(parts as readonly Frame[], matrix);
    requireMatrix(matrix, frames.length, shape);
    const data = matrix.data.subarray(m * n * start, m * n * (start + length));
    return combineFrames(parts as readonly Frame[], { data, shape: [length, m, n] });
  });
}

function combineFrames(frames: readonly Frame[], matrix: NdArray): Frame[] {
  const [first] = frames;
  if (first === undefined) throw empty("combine", "no frames at all");
  const { shape } = first.image;
  for (const { header, image, variance, mask } of frames) {
    const origins = [first.header.origin, header.origin] as const;
    for (const part of [image, variance, mask])
      if (part !== undefined) requireSameShape(shape, part.shape, "combine", origins);
  }
  const { m, n, step } = requireMatrix(matrix, frames.length, shape);
  const factors = asFloats(matrix);
  const images = frames.map(({ image }) => image);
  const variances = frames.map(({ variance }) => variance);
  const hasVariance = variances.some((variance) => variance !== undefined);
  const mask = mergeMasks(...frames.map((frame) => frame.mask));
  return Array.from({ length: m }, (_, row) => ({
    header: first.header.clone(),
    image: summed(images, factors, row * n, step, 1),
    ...(mask === undefined ? {} : { mask: { data: mask.data.slice(), shape } }),
    ...(hasVariance ? { variance: summed(variances, factors, row * n, step, 2) } : {}),
  }));
}

/** What the matrix is like, and how far one for a pixel lies behind another. */
function requireMatrix(
  matrix: NdArray,
  count: number,
  shape: readonly number[],
): { readonly m: number; readonly n: number; readonly step: number } {
  requireElements(matrix, "combine with");
  const [m = 0, n = 0] = matrix.shape.slice(-2);
  const leading = matrix.shape.slice(0, -2);
  if (n === count && (leading.length === 0 || String(leading) === String(shape))) {
    return { m, n, step: leading.length === 0 ? 0 : m * n };
  }
  throw new FirstlightError(
    "ARRAY_SHAPE",
    `Cannot combine ${count} frames of the shape ${shape.join(" x ")} with a matrix of the shape ${matrix.shape.join(" x ")}; give (m, ${count}), or that for each pixel.`,
    { fields: { shapes: [shape, matrix.shape] } },
  );
}

/** Σₖ factorₖ^power · partₖ, pixel by pixel, formed in float64 and rounded once. */
function summed(
  parts: readonly (NdArray | undefined)[],
  factors: Float64Array,
  start: number,
  step: number,
  power: 1 | 2,
): NdArray<FloatArray> {
  const known = parts.filter((part) => part !== undefined);
  const { shape } = known[0] as NdArray;
  const out = newFloats(sizeOf(shape), precisionOf(...known.map(({ data }) => data)));
  const sums = new Float64Array(out.length);
  for (const [k, part] of parts.entries()) {
    if (part === undefined) continue;
    const values = asFloats(part);
    for (let i = 0; i < sums.length; i += 1) {
      const factor = factors[start + i * step + k] as number;
      sums[i] = (sums[i] as number) + (power === 1 ? factor : factor * factor) * (values[i] as number);
    }
  }
  out.set(sums);
  return { data: out, shape };
}

function asFloats({ data }: NdArray): Float64Array {
  return data instanceof Float64Array ? data : Float64Array.from<number | bigint>(data, Number);
}
