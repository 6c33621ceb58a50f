import { FirstlightError } from "../core/errors.ts";
import { type NdArray, sizeOf } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import { add, multiply, subtract } from "./arithmetic.ts";
import type { FilesOptions } from "./files/accumulate-files.ts";
import { overFiles } from "./files/over-files.ts";
import { isFrame } from "./geometry/index-map.ts";
import { type FloatArray, newFloats, precisionOf } from "./precision.ts";

export interface ScaleOptions {
  /** The variance of the factor itself, of which every pixel gets its share. Default 0, an exact factor. */
  readonly factorVariance?: number;
}

/**
 * All pixels times a number. Of a frame, the variance becomes f²·σ² + x²·σf², to first order: what an inexact factor adds is the same
 * error in all pixels, which no average over them takes away. A path stands for the frame of that FITS file, as for `add`.
 *
 * @throws FirstlightError as `multiply`
 */
export function scale(image: NdArray, factor: number): NdArray<FloatArray>;
export function scale(frame: Frame, factor: number, options?: ScaleOptions): Frame;
export function scale(path: string, factor: number, options?: ScaleOptions & FilesOptions): Promise<Frame>;
export function scale(
  image: NdArray | Frame | string,
  factor: number,
  options: ScaleOptions & FilesOptions = {},
): NdArray | Frame | Promise<Frame> {
  if (typeof image === "string") {
    const found = overFiles("scale", [image], options, ([part]) => [scale(part as Frame, factor, options)]);
    return found.then(([frame]) => frame as Frame);
  }
  if (!isFrame(image)) return multiply(image, factor);
  const scaled = multiply(image, factor);
  const { factorVariance = 0 } = options;
  if (factorVariance === 0) return scaled;
  const { data, shape } = image.image;
  const known = scaled.variance?.data;
  const variance = newFloats(sizeOf(shape), precisionOf(data, ...(known === undefined ? [] : [known])));
  for (let i = 0; i < variance.length; i += 1) {
    variance[i] = Number(known?.[i] ?? 0) + Number(data[i]) ** 2 * factorVariance;
  }
  return { ...scaled, variance: { data: variance, shape } };
}

export interface DarkScaling<Operand> {
  /** Exposure time of the dark, in any unit. */
  readonly from: number;
  /** Exposure time of the frames that it is to be taken from, in the same unit. */
  readonly to: number;
  /** What a dark of no time has. Without it the dark is taken as free of bias. */
  readonly bias?: Operand;
}

/**
 * A dark as it would be at another exposure time: bias + (dark - bias) · to / from. The dark current has to be linear in time, which
 * hot pixels are not at the end of their range: a dark of the same time is better where there is one.
 *
 * Of frames, with r = to / from, the variance is r²·σ² of the dark and (1 - r)²·σ² of the bias, which enters twice. A path stands for
 * the frame of that FITS file, as for `add`.
 *
 * @throws FirstlightError MATH_OPTION for times that are none, ARRAY_SHAPE where shapes differ; of files as `average`
 */
export function scaleDark(dark: NdArray, times: DarkScaling<NdArray>): NdArray<FloatArray>;
export function scaleDark(dark: Frame, times: DarkScaling<Frame>): Frame;
export function scaleDark(dark: string, times: DarkScaling<string | Frame>, options?: FilesOptions): Promise<Frame>;
export function scaleDark(dark: Frame, times: DarkScaling<string>, options?: FilesOptions): Promise<Frame>;
export function scaleDark(
  dark: NdArray | Frame | string,
  times: DarkScaling<NdArray | Frame | string>,
  options: FilesOptions = {},
): NdArray | Frame | Promise<Frame> {
  const { from, to, bias } = times;
  if (!(from > 0 && to >= 0 && Number.isFinite(from) && Number.isFinite(to))) {
    throw new FirstlightError(
      "MATH_OPTION",
      `A dark of the exposure time ${from} cannot be scaled to ${to}; give the times of both, above 0.`,
      { disposition: "invalid", fields: { from, to } },
    );
  }
  if (typeof dark === "string" || typeof bias === "string") {
    const found = overFiles("scale", bias === undefined ? [dark] : [dark, bias], options, ([part, level]) => [
      scaleDark(part as Frame, { from, to, ...(level === undefined ? {} : { bias: level as Frame }) }) as Frame,
    ]);
    return found.then(([frame]) => frame as Frame);
  }
  const ratio = to / from;
  if (!isFrame(dark)) {
    if (bias === undefined) return multiply(dark, ratio);
    const level = isFrame(bias) ? bias.image : bias;
    return add(multiply(subtract(dark, level), ratio), level);
  }
  const scaled = multiply(dark, ratio);
  // In this form the bias stands once, so that its variance is taken once.
  return bias === undefined || !isFrame(bias) ? scaled : add(scaled, multiply(bias, 1 - ratio));
}
