import { type NdArray, sizeOf } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import type { Header } from "../fits/header.ts";
import { accumulateFiles, type FilesOptions, type FramePart } from "./files/accumulate-files.ts";
import { frameFiles } from "./files/frame-files.ts";
import { given, type Many } from "./files/many.ts";
import { addFlags } from "./files/sum-files.ts";
import { mergeMasks } from "./flags.ts";
import { accumulate } from "./pixel-sums.ts";
import { newFloats, precisionOf } from "./precision.ts";
import { empty, requireElements, requireSameShape } from "./shape.ts";

/** What a stack of frames has beside its pixels. */
export interface FrameCompanions {
  /** The images, or the paths that they are read from. */
  readonly images: readonly NdArray[] | readonly string[];
  /** The first frame's. */
  readonly header: Header;
  readonly shape: readonly number[];
  /** All flags that any mask has. */
  readonly mask: NdArray<Uint32Array> | undefined;
  /** Sums of σ² over the frames, of which those without variances count as exact. */
  readonly variances: Float64Array | undefined;
  readonly count: number;
}

export async function frameCompanions(
  frames: Many<Frame> | Many<string>,
  verb: string,
  options: FilesOptions,
): Promise<FrameCompanions> {
  const what = await given<Frame>(frames);
  if (what.kind === "values") return ofFrames(await Array.fromAsync(what.values), verb);
  const all = await frameFiles(what.paths, verb, options.signal);
  const { files, header, shape } = all;
  const size = sizeOf(shape);
  const mask = files.some((file) => file.mask !== undefined) ? new Uint32Array(size) : undefined;
  const variances = files.some((file) => file.variance !== undefined) ? new Float64Array(size) : undefined;
  const parts: readonly FramePart[] = [
    ...(mask === undefined ? [] : (["mask"] as const)),
    ...(variances === undefined ? [] : (["variance"] as const)),
  ];
  if (parts.length > 0)
    await accumulateFiles(all, parts, options, (pixels, { start, length }, part) => {
      if (part === "mask" && mask !== undefined) addFlags(mask.subarray(start, start + length), pixels);
      else if (variances !== undefined) accumulate(variances.subarray(start, start + length), pixels);
    });
  const flags = mask === undefined ? undefined : { data: mask, shape };
  return { images: what.paths, header: header.clone(), shape, mask: flags, variances, count: files.length };
}

function ofFrames(frames: readonly Frame[], verb: string): FrameCompanions {
  const [first] = frames;
  if (first === undefined) throw empty(verb, "no frames at all");
  const { shape } = first.image;
  let variances: Float64Array | undefined;
  for (const { image, mask, variance } of frames) {
    for (const part of [image, mask, variance]) {
      if (part === undefined) continue;
      requireSameShape(shape, part.shape, verb);
      requireElements(part, verb);
    }
    if (variance === undefined) continue;
    variances ??= new Float64Array(variance.data.length);
    accumulate(variances, variance.data);
  }
  return {
    images: frames.map(({ image }) => image),
    header: first.header.clone(),
    shape,
    mask: mergeMasks(...frames.map(({ mask }) => mask)),
    variances,
    count: frames.length,
  };
}

/** The frame of a result, its variance `share(pixel)` times the mean variance of the stack. */
export function frameOf(
  { header, mask, variances, count, shape }: FrameCompanions,
  image: NdArray,
  share: (pixel: number) => number,
): Frame {
  const carried = { header, image, ...(mask === undefined ? {} : { mask }) };
  if (variances === undefined) return carried;
  const data = newFloats(variances.length, precisionOf(image.data));
  for (let i = 0; i < data.length; i += 1) data[i] = ((variances[i] as number) / count) * share(i);
  return { ...carried, variance: { data, shape } };
}
