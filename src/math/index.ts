export { add, divide, multiply, type Operand, subtract } from "./arithmetic.ts";
export {
  type AverageOptions,
  average,
  type DeviationOptions,
  type Many,
  type MeanAndDeviation,
  meanAndDeviation,
} from "./average.ts";
export {
  type DeadPixelOptions,
  flagDeadPixels,
  flagHotPixels,
  flagSaturatedPixels,
  type HotPixelOptions,
} from "./bad-pixels.ts";
export type { ColourMapName } from "./colour-map.ts";
export { type AxisRange, cut } from "./cut.ts";
export { countFlagged, emptyMask, mergeMasks, type PixelFlag, pixelFlags } from "./flags.ts";
export { fitLimb, type Limb, type LimbEdge, type LimbOptions } from "./limb.ts";
export { localMedian } from "./local-median.ts";
export { median, percentiles } from "./order-statistics.ts";
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
export { type SigmaClipOptions, type SigmaClippedMean, sigmaClippedMean } from "./sigma-clip.ts";
export { type ArrayStatistics, type HeaderPercent, headerPercents, statistics } from "./statistics.ts";
export { type DisplayLimits, type StretchName, stretch } from "./stretch.ts";
export { fitSurface, type SurfaceOptions } from "./surface.ts";
export { zscale } from "./zscale.ts";
