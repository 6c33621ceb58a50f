import type { NdArray } from "../core/ndarray.ts";
import { pixelFlags } from "../math/flags.ts";
import { type Random, random } from "../math/random.ts";
import { type CameraOptions, type CameraSettings, cameraSettings } from "./camera-options.ts";
import { sunPainter } from "./truth-sun.ts";

/**
 * What the synthetic camera is made of, regenerated from the seed: nothing of it stands in the frames, and a calibration
 * that reads it proves nothing. All arrays have the shape [size, size].
 */
export interface Truth {
  readonly settings: CameraSettings;
  /** In ADU: level, column pattern and the pixels' own offsets. */
  readonly biasAdu: NdArray<Float32Array>;
  /** Electrons per second. */
  readonly darkRate: NdArray<Float32Array>;
  /** Relative response, mean 1 over the good pixels: vignetting, dust and the pixels' own differences. */
  readonly gain: NdArray<Float32Array>;
  /** `hot` and `dead` of `pixelFlags`. */
  readonly flags: NdArray<Uint32Array>;
  /** How the lamp lights the detector, 1 at its brightest: smooth, but not even, so that it cannot serve as the flat alone. */
  readonly lamp: NdArray<Float32Array>;
  /** The Sun in observe frame `number`, from 1; 1 at the centre of the disk. */
  sun(number: number): NdArray<Float32Array>;
}

const hotShare = 0.001;
const deadShare = 0.0005;
const dustGrains = 14;

export function cameraTruth(options: CameraOptions = {}): Truth {
  const settings = cameraSettings(options);
  const { seed, sizePixels: size } = settings;
  const shape = [size, size];
  const flags = { data: badPixels(size, random(`${seed}/flags`)), shape };
  return {
    settings,
    flags,
    biasAdu: { data: biasOf(size, random(`${seed}/bias`)), shape },
    darkRate: { data: darkRateOf(size, flags.data, random(`${seed}/dark`)), shape },
    gain: { data: gainOf(size, flags.data, random(`${seed}/gain`)), shape },
    lamp: { data: lampOf(size), shape },
    sun: sunPainter(settings),
  };
}

function badPixels(size: number, draws: Random): Uint32Array {
  const flags = new Uint32Array(size * size);
  const place = (count: number, flag: number): void => {
    for (let left = count; left > 0; ) {
      const at = draws.integer(flags.length);
      if (flags[at] !== 0) continue;
      flags[at] = flag;
      left -= 1;
    }
  };
  place(Math.round(hotShare * flags.length), pixelFlags.hot);
  place(Math.round(deadShare * flags.length), pixelFlags.dead);
  return flags;
}

function biasOf(size: number, draws: Random): Float32Array {
  const columns = Float64Array.from({ length: size }, () => 200 + 2 * draws.gaussian());
  const noise = new Float64Array(size * size);
  draws.fillGaussian(noise);
  const bias = new Float32Array(size * size);
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      bias[i] = (columns[column] as number) + (6 * row) / size + (noise[i] as number);
    }
  }
  return bias;
}

/** A narrow log-normal distribution, an amplifier that glows in one corner, and hot pixels of 3000 to 40,000 e⁻/s. */
function darkRateOf(size: number, flags: Uint32Array, draws: Random): Float32Array {
  const noise = new Float64Array(size * size);
  draws.fillGaussian(noise);
  const rate = new Float32Array(size * size);
  const reach = (0.15 * size) ** 2;
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      const glow = 400 * Math.exp(-(row * row + column * column) / reach);
      const extra = flags[i] === pixelFlags.hot ? 3000 * (40_000 / 3000) ** draws.uniform() : 0;
      rate[i] = 120 * Math.exp(0.15 * (noise[i] as number)) + glow + extra;
    }
  }
  return rate;
}

function gainOf(size: number, flags: Uint32Array, draws: Random): Float32Array {
  const noise = new Float64Array(size * size);
  draws.fillGaussian(noise);
  const gain = new Float64Array(size * size);
  for (let row = 0, i = 0; row < size; row++) {
    const y = (2 * row) / (size - 1) - 1;
    for (let column = 0; column < size; column++, i++) {
      const x = (2 * column) / (size - 1) - 1;
      const distance = (x - 0.05) ** 2 + (y + 0.1) ** 2;
      gain[i] = (1 - 0.12 * distance - 0.01 * distance ** 2) * (1 + 0.015 * (noise[i] as number));
    }
  }
  for (let grain = 0; grain < dustGrains; grain++) shade(gain, size, draws);
  let [sum, good] = [0, 0];
  for (let i = 0; i < gain.length; i++) {
    if (flags[i] === pixelFlags.dead) gain[i] = (gain[i] as number) * 0.1 * draws.uniform();
    else {
      sum += gain[i] as number;
      good += 1;
    }
  }
  const out = new Float32Array(gain.length);
  for (let i = 0; i < out.length; i++) out[i] = ((gain[i] as number) * good) / sum;
  return out;
}

/** One grain of dust out of focus: a ring that takes two to eight per cent of the light. */
function shade(gain: Float64Array, size: number, draws: Random): void {
  const [x0, y0] = [draws.uniform() * size, draws.uniform() * size];
  const radius = (0.012 + 0.03 * draws.uniform()) * size;
  const width = 0.25 * radius;
  const depth = 0.02 + 0.06 * draws.uniform();
  const reach = Math.ceil(radius + 4 * width);
  const last = size - 1;
  for (let row = Math.max(0, Math.floor(y0 - reach)); row <= Math.min(last, y0 + reach); row++) {
    for (let column = Math.max(0, Math.floor(x0 - reach)); column <= Math.min(last, x0 + reach); column++) {
      const off = (Math.hypot(column - x0, row - y0) - radius) / width;
      gain[row * size + column] = (gain[row * size + column] as number) * (1 - depth * Math.exp(-off * off));
    }
  }
}

function lampOf(size: number): Float32Array {
  const lamp = new Float32Array(size * size);
  for (let row = 0, i = 0; row < size; row++) {
    const y = (2 * row) / (size - 1) - 1;
    for (let column = 0; column < size; column++, i++) {
      const x = (2 * column) / (size - 1) - 1;
      lamp[i] = Math.exp(-0.2 * ((x + 0.2) ** 2 + (y - 0.1) ** 2));
    }
  }
  return lamp;
}
