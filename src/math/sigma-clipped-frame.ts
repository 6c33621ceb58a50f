import type { NdArray } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import type { Many } from "./files/many.ts";
import { frameCompanions, frameOf } from "./frame-companions.ts";
import { type SigmaClipFilesOptions, sigmaClippedMeanAcross } from "./sigma-clip.ts";

export interface SigmaClippedFrame {
  readonly frame: Frame;
  /** How many values each mean is of. */
  readonly kept: NdArray<Uint32Array>;
}

/**
 * The clipped mean of each pixel over frames, or over those of FITS files given by their paths, as `sigmaClippedMeanAcross` takes it
 * of their images, with the first frame's header and all flags that any mask has.
 *
 * Where frames carry variances (a frame without counts as exact), that of the mean is mean σ² / kept: what was clipped counts neither
 * for nor against it.
 *
 * @throws FirstlightError as `average`
 */
export async function sigmaClippedFrame(
  frames: Many<Frame> | Many<string>,
  options: SigmaClipFilesOptions = {},
): Promise<SigmaClippedFrame> {
  const stack = await frameCompanions(frames, "average", options);
  const { mean, kept } = await sigmaClippedMeanAcross(stack.images as Iterable<NdArray>, options);
  return { frame: frameOf(stack, mean, (pixel) => 1 / (kept.data[pixel] as number)), kept };
}
