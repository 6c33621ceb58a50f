import type { NdArray } from "../core/ndarray.ts";
import type { Many } from "../math/files/many.ts";
import { pixelFlags } from "../math/flags.ts";
import { deviationPerMad, medianAbsoluteDeviation } from "../math/robust.ts";
import { requireSameShape } from "../math/shape.ts";
import { detector, exposureSeconds, lightRate } from "./camera-options.ts";
import type { Truth } from "./truth.ts";

/** A calibrated observe frame; any unit that is proportional to the light. */
export interface CalibratedFrame {
  /** DSPSNUM of the raw frame. */
  readonly number: number;
  readonly image: NdArray;
  /** As the calibration claims it; in the square of the image's unit. */
  readonly variance?: NdArray | undefined;
}

export interface CalibrationProducts {
  /** The flags that the calibration found. */
  readonly mask: NdArray<Uint32Array>;
  /** Dark current in electrons per second. */
  readonly darkRate: NdArray;
  /** The variance of `darkRate`, pixel by pixel. */
  readonly darkRateVariance: NdArray;
}

export interface Comparison {
  /** The relative pattern left in the calibrated frames, without their temporal noise. */
  readonly fixedPatternResidual: number;
  /** What the noise of the calibration frames alone would leave. */
  readonly predictedResidual: number;
  readonly residualRatio: number;
  /** The temporal noise of the mean frame, relative, for comparison. */
  readonly temporalNoise: number;
  /**
   * The deviation of (found - true) / √variance over the good pixels of all frames, 1 where the noise of every pixel is carried
   * through the calibration as it is; undefined where frames claim no variance.
   */
  readonly noisePull: number | undefined;
  /** Of the hot and dead pixels, the share that carries their own flag. */
  readonly badPixelsFlagged: number;
  /** Of the good pixels, the share that carries either flag. */
  readonly goodPixelsFlagged: number;
  /** Mean over the good pixels, electrons per second. */
  readonly darkRate: number;
  readonly trueDarkRate: number;
  /** The difference of these two over its own standard error. */
  readonly darkRateSigma: number;
  /** The robust deviation of the pixels' own pulls; 1 where the claimed variances are right. */
  readonly darkPullSpread: number;
}

/** What the demo must reach. */
export const limits = { residualRatio: 1.2, badPixelsFlagged: 0.99, darkRateSigma: 3, noisePull: 0.02 } as const;

export function meetsLimits(comparison: Comparison): boolean {
  return (
    comparison.residualRatio <= limits.residualRatio &&
    comparison.badPixelsFlagged >= limits.badPixelsFlagged &&
    Math.abs(comparison.darkRateSigma) <= limits.darkRateSigma &&
    (comparison.noisePull === undefined || Math.abs(comparison.noisePull - 1) <= limits.noisePull)
  );
}

/** Only where the Sun is brighter than this in every frame: there the flat shows, and the ratio to the truth is quiet. */
const faintestSun = 0.4;

/**
 * How near a calibration comes to the truth.
 *
 * Residual: with rₖ = L1ₖ / Sunₖ and A, B the means of r over the frames of even and odd turn, each divided by its own
 * mean over the pixels, it is √cov(A, B) over the good pixels on the disk. Noise that differs between frames is independent
 * in A and B and drops out; what all frames share stays.
 *
 * Prediction: √⟨V⟩ over the same pixels, with, in electrons and with S the mean signal, D = dark rate · time and
 * R² = read noise² + g²/12 for the rounding,
 * V = (S_lamp + D_lamp + R²) / (n_lamp · S_lamp²) + (D_lamp + R²) / (n_dark · S_lamp²) + (D_obs + R²) / (n_dark · S_obs²):
 * the lamp frames, the darks taken from them, and the darks taken from the observe frames. The smooth part from the solar
 * gain frames rests on all pixels together and adds nothing that counts.
 *
 * Dark rate: Σ(found - true) / √Σ(variance) over the good pixels.
 *
 * @throws FirstlightError ARRAY_SHAPE where a product is not of the camera's shape
 */
export async function compare(
  frames: Many<CalibratedFrame>,
  products: CalibrationProducts,
  truth: Truth,
): Promise<Comparison> {
  const { shape } = truth.gain;
  for (const array of [products.mask, products.darkRate, products.darkRateVariance]) {
    requireSameShape(shape, array.shape, "compare");
  }
  const size = truth.gain.data.length;
  const halves = [new Float64Array(size), new Float64Array(size)] as const;
  const sunSum = new Float64Array(size);
  const usable = usablePixels(products, truth);
  const good = usable.slice();
  const pull = noisePull();
  let count = 0;
  for await (const { number, image, variance } of frames as AsyncIterable<CalibratedFrame>) {
    requireSameShape(shape, image.shape, "compare");
    const sun = truth.sun(number).data;
    addRatios(halves[count % 2 === 0 ? 0 : 1], sunSum, usable, image, sun);
    if (variance !== undefined) pull.add(image, variance, sun, good);
    count += 1;
  }
  const { residual, temporal } = splitPattern(halves, usable);
  const predictedResidual = predict(truth, sunSum, usable, count);
  return {
    fixedPatternResidual: residual,
    predictedResidual,
    residualRatio: residual / predictedResidual,
    temporalNoise: temporal,
    noisePull: pull.deviation(),
    ...compareFlags(products.mask.data, truth.flags.data),
    ...compareDark(products, truth),
  };
}

/** 1 for the pixels that are good by the truth and by the calibration. */
function usablePixels(products: CalibrationProducts, truth: Truth): Uint8Array {
  const [found, flags] = [products.mask.data, truth.flags.data];
  return Uint8Array.from(found, (bits, i) => (bits === 0 && flags[i] === 0 ? 1 : 0));
}

function addRatios(
  sums: Float64Array,
  sunSum: Float64Array,
  usable: Uint8Array,
  image: NdArray,
  sun: Float32Array,
): void {
  const { data } = image;
  for (let i = 0; i < sums.length; i++) {
    const light = sun[i] as number;
    const ratio = Number(data[i]) / light;
    if (light < faintestSun || !Number.isFinite(ratio)) usable[i] = 0;
    sums[i] = (sums[i] as number) + ratio;
    sunSum[i] = (sunSum[i] as number) + light;
  }
}

/** Sums from which the pulls follow for whatever factor lies between the light of the truth and the unit of the frames. */
function noisePull() {
  let [n, found, both, light] = [0, 0, 0, 0];
  return {
    add({ data }: NdArray, variance: NdArray, sun: Float32Array, good: Uint8Array): void {
      for (let i = 0; i < data.length; i++) {
        const [x, v, s] = [Number(data[i]), Number(variance.data[i]), sun[i] as number];
        if (good[i] === 0 || !(v > 0)) continue;
        n += 1;
        found += (x * x) / v;
        both += (x * s) / v;
        light += (s * s) / v;
      }
    },
    deviation(): number | undefined {
      return n === 0 ? undefined : Math.sqrt((found - (both * both) / light) / n);
    },
  };
}

function splitPattern(
  [even, odd]: readonly [Float64Array, Float64Array],
  usable: Uint8Array,
): { residual: number; temporal: number } {
  let [n, sumA, sumB] = [0, 0, 0];
  for (let i = 0; i < usable.length; i++) {
    if (usable[i] === 0) continue;
    n += 1;
    sumA += even[i] as number;
    sumB += odd[i] as number;
  }
  const [meanA, meanB] = [sumA / n, sumB / n];
  let [covariance, difference] = [0, 0];
  for (let i = 0; i < usable.length; i++) {
    if (usable[i] === 0) continue;
    const a = (even[i] as number) / meanA - 1;
    const b = (odd[i] as number) / meanB - 1;
    covariance += a * b;
    difference += (a - b) ** 2;
  }
  // The mean of both halves has a quarter of the variance of their difference.
  return { residual: Math.sqrt(Math.max(0, covariance / n)), temporal: Math.sqrt(difference / n) / 2 };
}

function predict(truth: Truth, sunSum: Float64Array, usable: Uint8Array, frames: number): number {
  const { lampFrames, darkFrames } = truth.settings;
  const [gain, lamp, dark] = [truth.gain.data, truth.lamp.data, truth.darkRate.data];
  const readVariance = detector.readNoiseElectrons ** 2 + detector.electronsPerAdu ** 2 / 12;
  let [n, sum] = [0, 0];
  for (let i = 0; i < usable.length; i++) {
    if (usable[i] === 0) continue;
    const response = gain[i] as number;
    const ofLamp = lightRate.lamp * exposureSeconds.lamp * (lamp[i] as number) * response;
    const ofSun = (lightRate.observe * exposureSeconds.observe * (sunSum[i] as number) * response) / frames;
    const darkOfLamp = (dark[i] as number) * exposureSeconds.lamp + readVariance;
    const darkOfSun = (dark[i] as number) * exposureSeconds.observe + readVariance;
    sum += (ofLamp + darkOfLamp) / (lampFrames * ofLamp ** 2);
    sum += darkOfLamp / (darkFrames * ofLamp ** 2) + darkOfSun / (darkFrames * ofSun ** 2);
    n += 1;
  }
  return Math.sqrt(sum / n);
}

function compareFlags(
  found: Uint32Array,
  flags: Uint32Array,
): Pick<Comparison, "badPixelsFlagged" | "goodPixelsFlagged"> {
  let [bad, caught, mistaken] = [0, 0, 0];
  const either = pixelFlags.hot | pixelFlags.dead;
  for (let i = 0; i < flags.length; i++) {
    const truly = flags[i] as number;
    if (truly === 0) mistaken += ((found[i] as number) & either) === 0 ? 0 : 1;
    else {
      bad += 1;
      caught += ((found[i] as number) & truly) === 0 ? 0 : 1;
    }
  }
  return { badPixelsFlagged: caught / bad, goodPixelsFlagged: mistaken / (flags.length - bad) };
}

function compareDark(
  products: CalibrationProducts,
  truth: Truth,
): Pick<Comparison, "darkRate" | "trueDarkRate" | "darkRateSigma" | "darkPullSpread"> {
  const [found, variance] = [products.darkRate.data, products.darkRateVariance.data];
  const [dark, flags] = [truth.darkRate.data, truth.flags.data];
  const pulls = new Float64Array(dark.length).fill(Number.NaN);
  let [n, sumFound, sumTrue, sumVariance] = [0, 0, 0, 0];
  for (let i = 0; i < dark.length; i++) {
    if (flags[i] !== 0) continue;
    const [is, truly, squared] = [Number(found[i]), dark[i] as number, Number(variance[i])];
    n += 1;
    sumFound += is;
    sumTrue += truly;
    sumVariance += squared;
    pulls[i] = (is - truly) / Math.sqrt(squared);
  }
  return {
    darkRate: sumFound / n,
    trueDarkRate: sumTrue / n,
    darkRateSigma: (sumFound - sumTrue) / Math.sqrt(sumVariance),
    darkPullSpread: deviationPerMad * medianAbsoluteDeviation(pulls),
  };
}
