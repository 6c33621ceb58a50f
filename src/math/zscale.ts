import type { NdArray } from "../core/ndarray.ts";
import { median } from "./order-statistics.ts";
import { toFloat64 } from "./precision.ts";
import { requireElements } from "./shape.ts";

const sampleSize = 1000;
const contrast = 0.25;
const rejectBeyondSigma = 2.5;
const mostRounds = 5;
/** Of the sample, and at least as many pixels. */
const fewestKept = 0.5;
const fewestPixels = 5;
/** Around what is rejected so much of the sample is rejected too. */
const grownShare = 0.01;

/**
 * The display limits of IRAF's `zscale`: a line through the sorted values of a thousand pixels, with outliers and what lies next to them
 * clipped, and its slope over the contrast 0.25 (NOAO, help page of images.tv.display); as astropy's `ZScaleInterval` has them. NaN and
 * infinities are left out; without any finite pixel both limits are NaN.
 */
export function zscale(image: NdArray): readonly [number, number] {
  requireElements(image, "scale");
  const finite = toFloat64(image.data).filter(Number.isFinite);
  const stride = Math.max(1, Math.floor(finite.length / sampleSize));
  const count = Math.min(sampleSize, Math.ceil(finite.length / stride));
  const sample = Float64Array.from({ length: count }, (_, i) => finite[i * stride] as number).sort();
  const [first, last] = [sample[0], sample[sample.length - 1]];
  if (first === undefined || last === undefined) return [Number.NaN, Number.NaN];
  const slope = clippedSlope(sample);
  if (slope === undefined) return [first, last];
  const [centre, middle] = [median(sample), Math.floor((count - 1) / 2)];
  const reach = slope / contrast;
  return [Math.max(first, centre - (middle - 1) * reach), Math.min(last, centre + (count - middle) * reach)];
}

/** The slope per rank; undefined where clipping leaves too few. */
function clippedSlope(sorted: Float64Array): number | undefined {
  const { length } = sorted;
  const fewest = Math.max(fewestPixels, Math.floor(length * fewestKept));
  let isGood = new Uint8Array(length).fill(1);
  let slope: number | undefined;
  for (let [round, kept, before] = [0, length, length + 1]; round < mostRounds; round += 1) {
    if (kept >= before || kept < fewest) break;
    const line = lineThrough(sorted, isGood);
    slope = line.slope;
    const limit = rejectBeyondSigma * line.deviation;
    const isNear = isGood.map((good, rank) =>
      good === 1 && Math.abs((sorted[rank] as number) - line.at(rank)) <= limit ? 1 : 0,
    );
    isGood = withoutNeighbours(isNear, Math.max(1, Math.floor(length * grownShare)));
    [before, kept] = [kept, isGood.reduce((sum, good) => sum + good, 0)];
    if (kept < fewest) slope = undefined;
  }
  return slope;
}

interface Line {
  readonly slope: number;
  /** Of the good values, about the line. */
  readonly deviation: number;
  at(rank: number): number;
}

function lineThrough(sorted: Float64Array, isGood: Uint8Array): Line {
  let [n, ranks, values] = [0, 0, 0];
  for (let rank = 0; rank < sorted.length; rank += 1) {
    if (isGood[rank] === 0) continue;
    n += 1;
    ranks += rank;
    values += sorted[rank] as number;
  }
  const [meanRank, meanValue] = [ranks / n, values / n];
  let [cross, square] = [0, 0];
  for (let rank = 0; rank < sorted.length; rank += 1) {
    if (isGood[rank] === 0) continue;
    cross += (rank - meanRank) * ((sorted[rank] as number) - meanValue);
    square += (rank - meanRank) ** 2;
  }
  const slope = square === 0 ? 0 : cross / square;
  const at = (rank: number) => meanValue + slope * (rank - meanRank);
  let squares = 0;
  for (let rank = 0; rank < sorted.length; rank += 1) {
    if (isGood[rank] === 1) squares += ((sorted[rank] as number) - at(rank)) ** 2;
  }
  return { slope, deviation: Math.sqrt(squares / n), at };
}

/** A place is good where `width` places around it are, of which one more lies behind it than before where their number is even. */
function withoutNeighbours(isGood: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const before = Math.floor((width - 1) / 2);
  const grown = new Uint8Array(isGood.length).fill(1);
  for (let rank = 0; rank < isGood.length; rank += 1) {
    if (isGood[rank] === 0) grown.fill(0, Math.max(0, rank - before), rank + width - before);
  }
  return grown;
}
