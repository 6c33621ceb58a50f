import type { NdArray } from "../core/ndarray.ts";
import { requirePercents } from "./check-options.ts";
import { percentiles } from "./order-statistics.ts";
import { zscale } from "./zscale.ts";

/** How brightness becomes a shade. With x from 0 to 1: x; asinh(10x)/asinh(10); log(1 + 1000x)/log(1001), as DS9 has it. */
export type StretchName = "linear" | "asinh" | "log";

/** Which values become the darkest and the brightest shade. */
export type DisplayLimits =
  | "zscale"
  | { readonly percentiles: readonly [number, number] }
  | { readonly values: readonly [number, number] };

/** The level of a pixel without a number. */
const blankLevel = 255;
const topLevel = 254;

/** One level per pixel: 0 at or below the lower limit, 254 at or above the upper one, 255 for NaN. */
export function stretch(image: NdArray, name: StretchName, limits: DisplayLimits): Uint8Array {
  const [low, high] = valuesOf(image, limits);
  const range = high > low ? high - low : 1;
  const curve = curves[name];
  const { data } = image;
  const levels = new Uint8Array(data.length);
  for (let i = 0; i < levels.length; i++) {
    const value = Number(data[i]);
    const share = value <= low ? 0 : value >= high ? 1 : (value - low) / range;
    levels[i] = Number.isNaN(value) ? blankLevel : Math.round(topLevel * curve(share));
  }
  return levels;
}

const curves: Readonly<Record<StretchName, (share: number) => number>> = {
  linear: (share) => share,
  asinh: (share) => Math.asinh(10 * share) / Math.asinh(10),
  log: (share) => Math.log1p(1000 * share) / Math.log(1001),
};

function valuesOf(image: NdArray, limits: DisplayLimits): readonly [number, number] {
  if (limits === "zscale") return zscale(image);
  if ("values" in limits) return limits.values;
  requirePercents(limits.percentiles);
  return percentiles(image.data, limits.percentiles) as [number, number];
}
