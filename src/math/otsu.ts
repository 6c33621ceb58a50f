import type { NdArray, PixelArray } from "../core/ndarray.ts";
import { takeCensus } from "./census.ts";
import { empty, requireElements } from "./shape.ts";

const realBins = 256;
/** Whole numbers have a bin each, up to so many. */
const mostBins = 2 ** 22;

/**
 * The value that parts an image into dark and bright pixels such that the variance between both is the greatest (N. Otsu, IEEE Trans.
 * Syst. Man Cybern. 9 (1979) 62): the middle of the last bin that counts as dark. Reals are counted in 256 bins from the least to the
 * greatest, whole numbers one by one, as scikit-image has it. NaN and infinities are left out.
 *
 * @throws FirstlightError ARRAY_EMPTY without any number
 */
export function otsuThreshold({ data }: NdArray): number {
  return thresholdBelow(data, Number.POSITIVE_INFINITY);
}

export interface BinaryOptions {
  /** How often the darker part is parted again: more than once where the values have more than two peaks. Default 1. */
  readonly rounds?: number;
}

/** Less than this share of all pixels is no part worth parting. */
const leastShare = 1e-3;

/**
 * 1 where a pixel is darker than Otsu's threshold, 0 elsewhere: dark lines on a bright ground come out as ones, as the Hough transform
 * wants them. A round that would leave fewer than a thousandth of all pixels is not taken.
 *
 * @throws FirstlightError ARRAY_EMPTY without any number
 */
export function makeBinary(image: NdArray, options: BinaryOptions = {}): NdArray<Uint8Array> {
  requireElements(image, "part");
  const { data, shape } = image;
  let threshold = Number.POSITIVE_INFINITY;
  for (let round = 0; round < (options.rounds ?? 1); round += 1) {
    const next = thresholdBelow(data, threshold);
    let darker = 0;
    for (let i = 0; i < data.length; i += 1) if (Number(data[i]) < next) darker += 1;
    if (darker < leastShare * data.length) break;
    threshold = next;
  }
  const binary = new Uint8Array(data.length);
  for (let i = 0; i < binary.length; i += 1) if (Number(data[i]) < threshold) binary[i] = 1;
  return { data: binary, shape };
}

/** Otsu's threshold of the values below a limit. */
function thresholdBelow(data: PixelArray, limit: number): number {
  const values = Float64Array.from<number | bigint>(data, Number).filter(
    (value) => Number.isFinite(value) && value < limit,
  );
  const { finiteMin: low, finiteMax: high, count } = takeCensus(values);
  if (count === 0) throw empty("part", "an image without any number");
  if (low === high) return low;
  const isWhole = !(data instanceof Float32Array || data instanceof Float64Array) && high - low < mostBins;
  const bins = isWhole ? high - low + 1 : realBins;
  const width = isWhole ? 1 : (high - low) / bins;
  const centre = (bin: number): number => (isWhole ? low + bin : low + (bin + 0.5) * width);
  const counts = new Float64Array(bins);
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.floor((value - low) / width));
    counts[bin] = (counts[bin] as number) + 1;
  }
  let total = 0;
  for (let bin = 0; bin < bins; bin += 1) total += (counts[bin] as number) * centre(bin);
  let [best, threshold, dark, darkSum] = [-1, low, 0, 0];
  for (let bin = 0; bin + 1 < bins; bin += 1) {
    dark += counts[bin] as number;
    darkSum += (counts[bin] as number) * centre(bin);
    const bright = count - dark;
    const between = dark * bright * (darkSum / dark - (total - darkSum) / bright) ** 2;
    if (between > best) [best, threshold] = [between, centre(bin)];
  }
  return threshold;
}
