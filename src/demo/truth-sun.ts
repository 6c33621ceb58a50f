import type { NdArray } from "../core/ndarray.ts";
import { random } from "../math/random.ts";
import type { CameraSettings } from "./camera-options.ts";

/** Limb darkening at 550 nm, I(μ)/I(1) = 1 - u - v + uμ + vμ² (A. N. Cox, Allen's Astrophysical Quantities, 2000, §14.7). */
const linearDarkening = 0.93;
const squareDarkening = -0.23;
const radiusShare = 0.41;
const granuleContrast = 0.03;
const scatteredLight = 0.015;

/** The radius of the solar disk in pixels. */
export function sunRadiusPixels(sizePixels: number): number {
  return radiusShare * sizePixels;
}

/**
 * The Sun of observe frame `number` (from 1), 1 at the centre of the disk: limb-darkened, with granulation that changes
 * from frame to frame, a pointing that wanders by a pixel, a sky that changes by a per cent, and light scattered off the
 * limb. Shape [size, size].
 */
export function sunPainter(settings: CameraSettings): (number: number) => NdArray<Float32Array> {
  const { seed, sizePixels: size } = settings;
  const shape = [size, size];
  let fields: readonly [Float32Array, Float32Array] | undefined;
  return (number) => {
    // Two fields turned into each other: every frame has its own granules, in no order that must be kept.
    fields ??= [granules(size, `${seed}/granules/a`), granules(size, `${seed}/granules/b`)];
    const [a, b] = fields;
    const draws = random(`${seed}/sun/${number}`);
    const x0 = (size - 1) / 2 + draws.gaussian();
    const y0 = (size - 1) / 2 + draws.gaussian();
    const level = 1 + 0.01 * draws.gaussian();
    const [cosine, sine] = [Math.cos(0.7 * number), Math.sin(0.7 * number)];
    const radius = sunRadiusPixels(size);
    const data = new Float32Array(size * size);
    for (let row = 0, i = 0; row < size; row++) {
      const dy = row - y0;
      for (let column = 0; column < size; column++, i++) {
        const dx = column - x0;
        const distance = Math.sqrt(dx * dx + dy * dy);
        const inside = Math.min(1, Math.max(0, (radius - distance) / 2 + 0.5));
        let light =
          distance > radius ? scatteredLight * Math.exp((radius - distance) / (0.2 * radius)) : scatteredLight;
        if (inside > 0) {
          const mu = Math.sqrt(Math.max(0, 1 - (distance / radius) ** 2));
          const granule = granuleContrast * mu * ((a[i] as number) * cosine + (b[i] as number) * sine);
          const disk = 1 - linearDarkening - squareDarkening + mu * (linearDarkening + squareDarkening * mu);
          light += inside * disk * (1 + granule);
        }
        data[i] = (level * light) / (1 + scatteredLight);
      }
    }
    return { data, shape };
  };
}

/** White noise, smoothed to cells of about a hundredth of the image, mean 0 and deviation 1. */
function granules(size: number, seed: string): Float32Array {
  const draws = new Float64Array(size * size);
  random(seed).fillGaussian(draws);
  const half = Math.max(1, Math.round(size / 256));
  let field: Float64Array = draws;
  for (let round = 0; round < 2; round++) field = smoothRows(smoothRows(field, size, half), size, half);
  let squares = 0;
  for (let i = 0; i < field.length; i++) squares += (field[i] as number) ** 2;
  const deviation = Math.sqrt(squares / field.length);
  const out = new Float32Array(field.length);
  for (let i = 0; i < out.length; i++) out[i] = (field[i] as number) / deviation;
  return out;
}

/** Running sums along the rows, wrapped around, written transposed: twice of it smooths both axes. */
function smoothRows(field: Float64Array, size: number, half: number): Float64Array {
  const out = new Float64Array(field.length);
  for (let row = 0; row < size; row++) {
    const start = row * size;
    let sum = 0;
    for (let k = -half; k < half; k++) sum += field[start + ((k + size) % size)] as number;
    for (let column = 0; column < size; column++) {
      sum += field[start + ((column + half) % size)] as number;
      out[column * size + row] = sum;
      sum -= field[start + ((column - half + size) % size)] as number;
    }
  }
  return out;
}
