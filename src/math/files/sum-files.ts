import { type PixelArray, sizeOf } from "../../core/ndarray.ts";
import { accumulate, type PixelSums } from "../pixel-sums.ts";
import { isWide, type WideSums, wideSums } from "../wide-sums.ts";
import { accumulateFiles, type FilesOptions, type FramePart } from "./accumulate-files.ts";
import { type FrameFiles, precisionOfFiles } from "./frame-files.ts";
import { sumImages } from "./sum-images.ts";

/** The sums of each pixel over the frames of files, strip by strip. */
export async function sumFiles(all: FrameFiles, options: FilesOptions): Promise<PixelSums> {
  const { files, header, shape } = all;
  const size = sizeOf(shape);
  const added = await sumImages(all, "sums", options);
  const sums = added instanceof Float64Array ? added : new Float64Array(size);
  const mask = files.some((file) => file.mask !== undefined) ? new Uint32Array(size) : undefined;
  const variances = files.some((file) => file.variance !== undefined) ? new Float64Array(size) : undefined;
  const parts: readonly FramePart[] = [
    ...(added === undefined ? (["image"] as const) : []),
    ...(mask === undefined ? [] : (["mask"] as const)),
    ...(variances === undefined ? [] : (["variance"] as const)),
  ];
  let wide: WideSums | undefined;
  if (parts.length > 0)
    await accumulateFiles(all, parts, options, (pixels, { start, length }, part) => {
      if (part === "image" && isWide(pixels)) {
        wide ??= wideSums(size);
        wide.add(pixels, start);
        return;
      }
      const into = { image: sums, mask, variance: variances }[part]?.subarray(start, start + length);
      if (into instanceof Uint32Array) addFlags(into, pixels);
      else if (into !== undefined) accumulate(into, pixels);
    });
  return {
    first: { header, image: { data: sums, shape } },
    shape,
    sums,
    wide,
    variances,
    mask: mask === undefined ? undefined : { data: mask, shape },
    precision: precisionOfFiles(files),
    count: files.length,
  };
}

/** Sets what `pixels` have, too. */
function addFlags(flags: Uint32Array, pixels: PixelArray): void {
  for (let i = 0; i < flags.length; i += 1) flags[i] = (flags[i] as number) | Number(pixels[i]);
}
