import { type NdArray, sizeOf } from "../core/ndarray.ts";
import { chunkLength, loadChunk, newChunk } from "./chunk.ts";
import type { FilesOptions } from "./files/accumulate-files.ts";
import { frameFiles, precisionOfFiles } from "./files/frame-files.ts";
import { given, type Many } from "./files/many.ts";
import { stackFiles } from "./files/stack-files.ts";
import { type FloatArray, newFloats, type Precision, precisionOf } from "./precision.ts";
import { empty, requireElements, requireSameShape } from "./shape.ts";

export interface AcrossOptions extends FilesOptions {
  /** Default: float32 for 8 and 16-bit integers and float32, float64 for wider pixels. */
  readonly precision?: Precision;
}

/**
 * The median of each pixel across many arrays, or across the images of FITS files given by their paths; of files, strips of all of
 * them are held at a time, of arrays all. The mean of the middle two where their number is even. NaN is left out; a pixel without any number
 * is NaN.
 *
 * @throws FirstlightError ARRAY_EMPTY without arrays, ARRAY_SHAPE where shapes differ; of files as `average`
 */
export async function medianAcross(
  frames: Many<NdArray> | Many<string>,
  options: AcrossOptions = {},
): Promise<NdArray<FloatArray>> {
  const [median] = await percentilesAcross(frames, [50], options);
  return median as NdArray<FloatArray>;
}

/**
 * Percentiles of each pixel by numpy's default rule, linear between the two nearest ranks; otherwise as `medianAcross`.
 *
 * @returns one array for each of `percents`
 */
export async function percentilesAcross(
  frames: Many<NdArray> | Many<string>,
  percents: readonly number[],
  options: AcrossOptions = {},
): Promise<NdArray<FloatArray>[]> {
  const { target, strips } = await stackOf(frames, "compare", options);
  const { shape, precision } = target;
  const results = percents.map(() => ({ data: newFloats(sizeOf(shape), precision), shape }));
  for await (const { start, stack } of strips) {
    rank(
      stack,
      percents,
      results.map(({ data }) => data.subarray(start)),
    );
  }
  return results;
}

interface Stack {
  readonly target: { readonly shape: readonly number[]; readonly precision: Precision };
  readonly strips: AsyncIterable<{ readonly start: number; readonly stack: readonly NdArray[] }>;
}

/** The values of each pixel together: of arrays all at once, of files strip by strip. */
export async function stackOf(
  frames: Many<NdArray> | Many<string>,
  verb: string,
  options: AcrossOptions,
): Promise<Stack> {
  const what = await given<NdArray>(frames);
  if (what.kind === "files") {
    const all = await frameFiles(what.paths, verb, options.signal);
    const precision = options.precision ?? precisionOfFiles(all.files);
    return {
      target: { shape: all.shape, precision },
      strips: (async function* () {
        for await (const { strip, stack } of stackFiles(all, options)) yield { start: strip.start, stack };
      })(),
    };
  }
  const stack = await Array.fromAsync(what.values);
  const [first] = stack;
  if (first === undefined) throw empty(verb, "a stack of no arrays");
  for (const array of stack) {
    requireElements(array, verb);
    requireSameShape(first.shape, array.shape, verb);
  }
  const precision = options.precision ?? precisionOf(...stack.map(({ data }) => data));
  return {
    target: { shape: first.shape, precision },
    strips: (async function* () {
      yield { start: 0, stack };
    })(),
  };
}

function rank(stack: readonly NdArray[], percents: readonly number[], into: readonly FloatArray[]): void {
  const size = stack[0]?.data.length ?? 0;
  const chunks = stack.map(() => newChunk());
  const values = new Float64Array(stack.length);
  for (let start = 0; start < size; start += chunkLength) {
    const count = Math.min(chunkLength, size - start);
    for (const [k, { data }] of stack.entries()) loadChunk(data, start, chunks[k] as Float64Array);
    for (let i = 0; i < count; i += 1) {
      let n = 0;
      for (let k = 0; k < chunks.length; k += 1) {
        const value = (chunks[k] as Float64Array)[i] as number;
        if (!Number.isNaN(value)) values[n++] = value;
      }
      const sorted = values.subarray(0, n).sort();
      for (const [p, target] of into.entries()) target[start + i] = percentileOf(sorted, percents[p] as number);
    }
  }
}

function percentileOf(sorted: Float64Array, percent: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = (sorted.length - 1) * (percent / 100);
  const low = sorted[Math.floor(position)] as number;
  const high = sorted[Math.ceil(position)] as number;
  if (low === high) return low;
  const weight = position - Math.floor(position);
  // numpy's median is the mean of the two; its percentiles go by the nearer end.
  if (percent === 50) return (low + high) / 2;
  return weight < 0.5 ? low + (high - low) * weight : high - (high - low) * (1 - weight);
}
