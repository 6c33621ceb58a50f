import { sizeOf } from "../../core/ndarray.ts";
import type { FloatArray, Precision } from "../precision.ts";
import { newFloats } from "../precision.ts";
import type { FilesOptions } from "./accumulate-files.ts";
import type { FrameFiles } from "./frame-files.ts";
import { plainFrames, sumPlain, type TakeSums } from "./sum-plain.ts";
import { sumTiled, tiledFrames } from "./sum-tiled.ts";

/** The means of the pixels of files that hold nothing but images, plain or compressed in rows; `undefined` for others. No array of sums is made. */
export async function averageImages(
  { files, shape, header }: FrameFiles,
  precision: Precision,
  options: FilesOptions,
): Promise<FloatArray | undefined> {
  const frames = plainFrames(files);
  const tiled = frames === undefined ? tiledFrames({ files, shape, header }) : undefined;
  if (
    (frames ?? tiled) === undefined ||
    files.some(({ mask, variance }) => mask !== undefined || variance !== undefined)
  ) {
    return undefined;
  }
  const means = newFloats(sizeOf(shape), precision);
  const take: TakeSums = (added, start) => {
    if (means instanceof Float32Array) means.set(added.means(files.length), start);
    else for (const [i, sum] of added.sums().entries()) means[start + i] = sum / files.length;
  };
  if (frames !== undefined) await sumPlain(frames, means.length, options, take);
  else if (tiled !== undefined) await sumTiled(tiled, options, take);
  return means;
}
