import type { NdArray } from "../core/ndarray.ts";
import { median } from "./order-statistics.ts";
import { toFloat64 } from "./precision.ts";
import { requireElements } from "./shape.ts";

const sampleSize = 1000;
const contrast = 0.25;
const rejectBeyondSigma = 2.5;
const mostRounds = 5;
const fewestKept = 0.5;

/**
 * The display limits of IRAF's `zscale`: a line through the sorted values of a thousand pixels, with outliers clipped, and
 * its slope over the contrast 0.25 (NOAO, help page of images.tv.display). NaN and infinities are left out; without any
 * finite pixel both limits are NaN.
 */
export function zscale(image: NdArray): readonly [number, number] {
  requireElements(image, "scale");
  const finite = toFloat64(image.data).filter(Number.isFinite);
  const stride = Math.max(1, Math.floor(finite.length / sampleSize));
  const sample = finite.filter((_, i) => i % stride === 0).sort();
  const [first, last] = [sample[0], sample[sample.length - 1]];
  if (first === undefined || last === undefined) return [Number.NaN, Number.NaN];
  const slope = clippedSlope(sample);
  if (slope === undefined) return [first, last];
  const middle = (sample.length - 1) / 2;
  const centre = median(sample);
  const reach = slope / contrast;
  return [Math.max(first, centre - middle * reach), Math.min(last, centre + (sample.length - 1 - middle) * reach)];
}

/** The slope per rank; undefined where clipping leaves less than half of the sample. */
function clippedSlope(sorted: Float64Array): number | undefined {
  let ranks = Float64Array.from(sorted, (_, i) => i);
  for (let round = 0; round < mostRounds; round++) {
    const n = ranks.length;
    const meanRank = ranks.reduce((sum, rank) => sum + rank, 0) / n;
    const meanValue = ranks.reduce((sum, rank) => sum + (sorted[rank] as number), 0) / n;
    let [cross, square] = [0, 0];
    for (const rank of ranks) {
      cross += (rank - meanRank) * ((sorted[rank] as number) - meanValue);
      square += (rank - meanRank) ** 2;
    }
    const slope = square === 0 ? 0 : cross / square;
    const residual = (rank: number): number => (sorted[rank] as number) - meanValue - slope * (rank - meanRank);
    const limit = rejectBeyondSigma * Math.sqrt(ranks.reduce((sum, rank) => sum + residual(rank) ** 2, 0) / n);
    const kept = ranks.filter((rank) => Math.abs(residual(rank)) <= limit);
    if (kept.length < fewestKept * sorted.length) return undefined;
    if (kept.length === n || round === mostRounds - 1) return slope;
    ranks = kept;
  }
  return undefined;
}
