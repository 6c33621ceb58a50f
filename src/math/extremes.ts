import { type NdArray, type PixelArray, sizeOf } from "../core/ndarray.ts";
import { loadChunk, newChunk } from "./chunk.ts";
import { accumulateFiles, type FilesOptions } from "./files/accumulate-files.ts";
import { frameFiles } from "./files/frame-files.ts";
import { given, type Many } from "./files/many.ts";
import { empty, requireElements, requireSameShape } from "./shape.ts";

export interface Extremes {
  readonly min: NdArray<Float64Array>;
  readonly max: NdArray<Float64Array>;
}

/**
 * The least and the greatest value of each pixel over many arrays, or over the images of FITS files given by their paths. NaN is
 * left out; a pixel without any number is NaN.
 *
 * @throws FirstlightError ARRAY_EMPTY without arrays, ARRAY_SHAPE where shapes differ; of files as `average`
 */
export async function extremes(frames: Many<NdArray> | Many<string>, options: FilesOptions = {}): Promise<Extremes> {
  const what = await given<NdArray>(frames);
  if (what.kind === "files") {
    const all = await frameFiles(what.paths, "compare", options.signal);
    const bounds = noBounds(all.shape);
    await accumulateFiles(all, ["image"], options, (pixels, { start }) => widen(bounds, pixels, start));
    return bounds;
  }
  let bounds: Extremes | undefined;
  for await (const image of what.values) {
    options.signal?.throwIfAborted();
    requireElements(image, "compare");
    bounds ??= noBounds(image.shape);
    requireSameShape(bounds.min.shape, image.shape, "compare");
    widen(bounds, image.data, 0);
  }
  if (bounds === undefined) throw empty("compare", "no arrays at all");
  return bounds;
}

function noBounds(shape: readonly number[]): Extremes {
  const none = () => ({ data: new Float64Array(sizeOf(shape)).fill(Number.NaN), shape });
  return { min: none(), max: none() };
}

function widen({ min: { data: min }, max: { data: max } }: Extremes, pixels: PixelArray, at: number): void {
  const chunk = newChunk();
  for (let start = 0; start < pixels.length; ) {
    const count = loadChunk(pixels, start, chunk);
    for (let i = 0, to = at + start; i < count; i += 1, to += 1) {
      const value = chunk[i] as number;
      // What is not a number is not beyond anything; whatever is one replaces it.
      if (!(value >= (min[to] as number)) && !Number.isNaN(value)) min[to] = value;
      if (!(value <= (max[to] as number)) && !Number.isNaN(value)) max[to] = value;
    }
    start += count;
  }
}
