export { openWorkers, type Workers } from "../core/workers.ts";
export { type AcrossOptions, medianAcross, percentilesAcross } from "./across.ts";
export { add, divide, multiply, type Operand, subtract } from "./arithmetic.ts";
export { type ArrayStatistics, type HeaderPercent, headerPercents } from "./array-statistics.ts";
export { type AverageOptions, average, type SumOptions, sum } from "./average.ts";
export { type AverageToOptions, averageTo } from "./average-to.ts";
export {
  type DeadPixelOptions,
  flagDeadPixels,
  flagHotPixels,
  flagSaturatedPixels,
  type HotPixelOptions,
} from "./bad-pixels.ts";
export type { ColourMapName } from "./colour-map.ts";
export { type CosmicRayOptions, flagCosmicRays, rejectCosmicRays } from "./cosmic-rays.ts";
export { type AxisRange, cut } from "./cut.ts";
export { type Extremes, type ExtremesOptions, extremes } from "./extremes.ts";
export type { FilesOptions } from "./files/accumulate-files.ts";
export type { Many } from "./files/many.ts";
export { countFlagged, emptyMask, mergeMasks, type PixelFlag, pixelFlags } from "./flags.ts";
export { type AffineOptions, affineTransform } from "./geometry/affine-transform.ts";
export { type BinOptions, bin } from "./geometry/bin.ts";
export { flip } from "./geometry/flip.ts";
export type { IndexMap } from "./geometry/index-map.ts";
export type { Interpolation } from "./geometry/interpolation.ts";
export type { ResampleOptions } from "./geometry/resample.ts";
export { resize } from "./geometry/resize.ts";
export { type LocalMeanOptions, resizeLocalMean } from "./geometry/resize-local-mean.ts";
export { type RotateOptions, rotate } from "./geometry/rotate.ts";
export { shift } from "./geometry/shift.ts";
export type { SplineOrder } from "./geometry/spline.ts";
export {
  type HoughAngle,
  type HoughAngleOptions,
  type HoughLines,
  type HoughOptions,
  houghAngle,
  houghLines,
} from "./hough.ts";
export type { LeaveOutOptions } from "./leave-out.ts";
export { combine, leftMultiply } from "./left-multiply.ts";
export { fitLimb, type Limb, type LimbEdge, type LimbOptions } from "./limb.ts";
export { localMedian } from "./local-median.ts";
export { type DeviationOptions, type MeanAndDeviation, meanAndDeviation } from "./mean-and-deviation.ts";
export { median, percentiles } from "./order-statistics.ts";
export { type BinaryOptions, makeBinary, otsuThreshold } from "./otsu.ts";
export { type PngOptions, renderPng } from "./png.ts";
export { type FloatArray, type Precision, toFloat32 } from "./precision.ts";
export { type Random, random } from "./random.ts";
export { type RepairOptions, repairPixels } from "./repair-pixels.ts";
export {
  type ModeEstimate,
  type ModeOptions,
  medianAbsoluteDeviation,
  modeEstimate,
  type RobustLocation,
  type RobustOptions,
  robustLocation,
} from "./robust.ts";
export { type DarkScaling, type ScaleOptions, scale, scaleDark } from "./scale.ts";
export {
  type SigmaClipFilesOptions,
  type SigmaClipOptions,
  type SigmaClippedMean,
  sigmaClippedMean,
  sigmaClippedMeanAcross,
} from "./sigma-clip.ts";
export { statistics } from "./statistics.ts";
export { type DisplayLimits, type StretchName, stretch } from "./stretch.ts";
export { fitSurface, type SurfaceOptions } from "./surface.ts";
export { zscale } from "./zscale.ts";
