import { sizeOf } from "../../core/ndarray.ts";
import type { FloatArray, Precision } from "../precision.ts";
import { newFloats } from "../precision.ts";
import type { FilesOptions } from "./accumulate-files.ts";
import type { FrameFiles } from "./frame-files.ts";
import { plainFrames, sumPlain } from "./sum-plain.ts";

/** The means of the pixels of files that hold nothing but plain images; `undefined` for others. No array of sums is made. */
export async function averagePlain(
  { files, shape }: FrameFiles,
  precision: Precision,
  options: FilesOptions,
): Promise<FloatArray | undefined> {
  const frames = plainFrames(files);
  if (frames === undefined || files.some(({ mask, variance }) => mask !== undefined || variance !== undefined)) {
    return undefined;
  }
  const means = newFloats(sizeOf(shape), precision);
  await sumPlain(frames, means.length, options, (added, start) => {
    if (means instanceof Float32Array) means.set(added.means(frames.length), start);
    else for (const [i, sum] of added.sums().entries()) means[start + i] = sum / frames.length;
  });
  return means;
}
