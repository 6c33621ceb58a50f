import { FirstlightError } from "../core/errors.ts";
import { type NdArray, sizeOf } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import { requireOption, requireSigma, requireWhole } from "./check-options.ts";
import { mergeMasks, pixelFlags } from "./flags.ts";
import { isFrame } from "./geometry/index-map.ts";
import { goodValues } from "./local-median.ts";
import { repairPixels } from "./repair-pixels.ts";
import { imageSize, requireSameShape } from "./shape.ts";
import { squareMedian } from "./square-median.ts";

export interface CosmicRayOptions {
  /** Electrons per unit of the image. Default 1. Not needed where the frame has a variance. */
  readonly gain?: number;
  /** In electrons; with `gain` it makes the noise of a pixel. A frame's variance goes before it. */
  readonly readNoise?: number;
  /** So many deviations of noise make a hit. Default 4.5. */
  readonly sigma?: number;
  /** Beside a hit this share of `sigma` is enough. Default 0.3. */
  readonly neighbourShare?: number;
  /** The least contrast between a hit's Laplacian and the fine structure of the image, which tells it from a star. Default 2. */
  readonly contrast?: number;
  /** Default 4; ends earlier when no more hits are found. */
  readonly iterations?: number;
  /** Of an array: flagged pixels are neither found nor serve as neighbours. */
  readonly mask?: NdArray<Uint32Array> | undefined;
}

/**
 * Finds the hits of cosmic rays in a single image by the sharpness of their edges: L.A.Cosmic (P. G. van Dokkum, PASP 113 (2001) 1420).
 * The Laplacian of the image at half pixels, without its negative values, over twice the noise is S; less its own median of 5 × 5 it
 * is S'. A hit has S' > sigma, and S' over the fine structure F > contrast, with F the median of 3 × 3 less that median's of 7 × 7, over
 * the noise; its neighbours need S' alone. Hits are replaced by the median of the others around, and the search goes on.
 *
 * The noise is that of the frame's variance, or √(gain · median of 5 × 5 + readNoise²) / gain. Beyond the edge the nearest pixel counts.
 *
 * @returns of an array the mask of the hits; of a frame the frame with its hits flagged `cosmicRay`, its pixels as they were
 *
 * @throws FirstlightError MATH_OPTION without variance or readNoise and for options that are none, ARRAY_SHAPE unless there are two axes
 */
export function flagCosmicRays(image: NdArray, options?: CosmicRayOptions): NdArray<Uint32Array>;
export function flagCosmicRays(frame: Frame, options?: CosmicRayOptions): Frame;
export function flagCosmicRays(image: NdArray | Frame, options: CosmicRayOptions = {}): NdArray<Uint32Array> | Frame {
  if (!isFrame(image)) return hitsOf(image, undefined, options.mask, options);
  const hits = hitsOf(image.image, image.variance, mergeMasks(image.mask, options.mask), options);
  const mask = mergeMasks(image.mask, hits) ?? hits;
  return { ...image, header: image.header.clone(), mask };
}

/** A frame whose hits of cosmic rays are flagged, and repaired as `repairPixels` does; otherwise as `flagCosmicRays`. */
export function rejectCosmicRays(frame: Frame, options: CosmicRayOptions = {}): Frame {
  return repairPixels(flagCosmicRays(frame, options), { bits: pixelFlags.cosmicRay });
}

function hitsOf(
  image: NdArray,
  variance: NdArray | undefined,
  mask: NdArray<Uint32Array> | undefined,
  options: CosmicRayOptions,
): NdArray<Uint32Array> {
  const { rows, columns } = imageSize(image, "look for cosmic rays in");
  for (const part of [variance, mask]) {
    if (part !== undefined) requireSameShape(image.shape, part.shape, "look for cosmic rays in");
  }
  const { sigma = 4.5, neighbourShare = 0.3, contrast = 2, iterations = 4 } = options;
  requireSigma(sigma);
  requireWhole("iterations", iterations, 1);
  for (const [name, value] of Object.entries({ neighbourShare, contrast })) {
    requireOption(name, value, value >= 0 && Number.isFinite(value), "a number from 0 on");
  }
  const noiseOf = noiseModel(variance, options);
  const clean = goodValues(image, mask);
  const flags = new Uint32Array(clean.length);
  for (let round = 0; round < iterations; round += 1) {
    const smooth = squareMedian(clean, rows, columns, 2);
    const noise = clean.map((_, i) => noiseOf(smooth.at(i), i));
    const edges = laplacian(clean, rows, columns);
    const sharp = edges.map((value, i) => value / (2 * (noise[i] as number)));
    const around = squareMedian(sharp, rows, columns, 2);
    const low = sigma * neighbourShare;
    // What is below the lower limit already is so without its surroundings, which are not below 0.
    const significance = sharp.map((value, i) => (value > low ? value - around.at(i) : 0));
    const fine = squareMedian(clean, rows, columns, 1);
    const coarse = squareMedian({ at: fine.at }, rows, columns, 3);
    const hits = new Uint8Array(clean.length);
    for (let i = 0; i < hits.length; i += 1) {
      const s = significance[i] as number;
      if (!(s > sigma)) continue;
      const structure = Math.max(leastStructure, (fine.at(i) - coarse.at(i)) / (noise[i] as number));
      if (s / structure > contrast) hits[i] = 1;
    }
    let grown = grow(hits, significance, rows, columns, sigma);
    grown = grow(grown, significance, rows, columns, low);
    let found = 0;
    for (let i = 0; i < grown.length; i += 1) {
      if (grown[i] === 0 || flags[i] !== 0) continue;
      flags[i] = pixelFlags.cosmicRay;
      found += 1;
    }
    if (found === 0) break;
    const others = clean.map((value, i) => (flags[i] === 0 ? value : Number.NaN));
    const instead = squareMedian(others, rows, columns, 2);
    for (let i = 0; i < clean.length; i += 1) if (flags[i] !== 0) clean[i] = instead.at(i);
  }
  return { data: flags, shape: image.shape };
}

/** In units of the noise; below it fine structure is none. */
const leastStructure = 0.01;

function noiseModel(
  variance: NdArray | undefined,
  { gain = 1, readNoise }: CosmicRayOptions,
): (level: number, at: number) => number {
  if (variance !== undefined) {
    const values = goodValues(variance);
    return (_, at) => Math.sqrt(values[at] as number);
  }
  if (readNoise === undefined || !(readNoise >= 0) || !(gain > 0)) {
    throw new FirstlightError(
      "MATH_OPTION",
      `Cosmic rays cannot be told from noise that is not known: gain is ${gain}, readNoise ${readNoise}. Give a frame with its variance, or the camera's gain and readNoise.`,
      { disposition: "invalid", fields: { gain, readNoise } },
    );
  }
  const floor = readNoise * readNoise;
  return (level) => Math.sqrt(Math.max(level, 1e-5) * gain + floor) / gain;
}

/** The Laplacian at the four quarters of each pixel, negative ones as 0, their mean. NaN neighbours count as the pixel itself. */
function laplacian(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let row = 0, i = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1, i += 1) {
      const here = values[i] as number;
      if (Number.isNaN(here)) continue;
      const step = (at: number, isInside: boolean): number => {
        const other = isInside ? (values[at] as number) : here;
        return Number.isNaN(other) ? 0 : here - other;
      };
      const left = step(i - 1, column > 0);
      const right = step(i + 1, column + 1 < columns);
      const above = step(i - columns, row > 0);
      const below = step(i + columns, row + 1 < rows);
      out[i] =
        (Math.max(0, left + above) +
          Math.max(0, right + above) +
          Math.max(0, left + below) +
          Math.max(0, right + below)) /
        4;
    }
  }
  return out;
}

/** Hits, and those beside them, the corners included, that are above the limit. */
function grow(hits: Uint8Array, significance: Float64Array, rows: number, columns: number, limit: number): Uint8Array {
  const grown = new Uint8Array(sizeOf([rows, columns]));
  for (let i = 0; i < hits.length; i += 1) {
    if (hits[i] === 0) continue;
    const row = Math.floor(i / columns);
    const column = i - row * columns;
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y += 1) {
      for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x += 1) {
        if ((significance[y * columns + x] as number) > limit) grown[y * columns + x] = 1;
      }
    }
  }
  return grown;
}
