import { createHash } from "node:crypto";

/** A reproducible row of draws. Not for secrets. */
export interface Random {
  /** 32 random bits, as a signed integer. */
  bits(): number;
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** A whole number in [0, limit), limit ≤ 2^32. */
  integer(limit: number): number;
  /** Normal, mean 0, deviation 1. */
  gaussian(): number;
  /** Poisson: exact below a mean of 30, above it a normal draw with the distribution's own skewness, rounded. */
  poisson(mean: number): number;
  /** As many calls of `gaussian`, several times faster. */
  fillGaussian(into: Float64Array): void;
  /** Replaces every mean by a draw of its Poisson distribution. Not the draws that as many calls of `poisson` give. */
  fillPoisson(means: Float64Array): void;
}

const layerCount = 128;
/** Where the ziggurat's tail begins and the area of a layer, for 128 layers. */
const tailStart = 3.442619855899;
const layerArea = 9.91256303526217e-3;
const edges = layerEdges();
const ratios = Float64Array.from({ length: layerCount }, (_, i) => edge(i + 1) / edge(i));

const exactBelow = 30;

/**
 * The same seed gives the same draws on every machine. Uniform bits: xoshiro128** (D. Blackman, S. Vigna, ACM Trans.
 * Math. Softw. 47 (2021) 36), seeded by SHA-256. Normal draws: the ziggurat of G. Marsaglia and W. W. Tsang, J. Stat.
 * Softw. 5 (2000) 8, with layer and position from different bits (J. A. Doornik, 2005). Poisson draws above the exact
 * range: E. A. Cornish and R. A. Fisher's expansion (1938) to second order.
 */
export function random(seed: number | string): Random {
  const state = seedState(seed);

  const bits = (): number => {
    const s1 = state[1] as number;
    const product = Math.imul(s1, 5);
    const t2 = (state[2] as number) ^ (state[0] as number);
    const t3 = (state[3] as number) ^ s1;
    state[0] = (state[0] as number) ^ t3;
    state[1] = s1 ^ t2;
    state[2] = t2 ^ (s1 << 9);
    state[3] = (t3 << 11) | (t3 >>> 21);
    return Math.imul((product << 7) | (product >>> 25), 9);
  };

  const uniform = (): number => ((bits() >>> 5) * 67_108_864 + (bits() >>> 6)) / 9_007_199_254_740_992;

  const gaussian = (): number => fromLayer(bits());

  const fromLayer = (first: number): number => {
    for (let draw = first; ; draw = bits()) {
      const layer = draw & (layerCount - 1);
      const position = ((draw >> 7) + 0.5) / 16_777_216;
      if (Math.abs(position) < (ratios[layer] as number)) return position * (edges[layer] as number);
      if (layer === 0) return tail(position < 0);
      const x = position * (edges[layer] as number);
      const low = Math.exp(-0.5 * ((edges[layer] as number) ** 2 - x * x));
      const high = Math.exp(-0.5 * ((edges[layer + 1] as number) ** 2 - x * x));
      if (high + uniform() * (low - high) < 1) return x;
    }
  };

  const tail = (negative: boolean): number => {
    for (;;) {
      const x = Math.log(1 - uniform()) / tailStart;
      const y = Math.log(1 - uniform());
      if (-2 * y >= x * x) return negative ? x - tailStart : tailStart - x;
    }
  };

  const save = (s0: number, s1: number, s2: number, s3: number): void => {
    state[0] = s0;
    state[1] = s1;
    state[2] = s2;
    state[3] = s3;
  };

  const fillGaussian = (into: Float64Array): void => {
    const length = into.length;
    let s0 = state[0] as number;
    let s1 = state[1] as number;
    let s2 = state[2] as number;
    let s3 = state[3] as number;
    for (let i = 0; i < length; i++) {
      // `bits` once more, with the state in registers.
      const product = Math.imul(s1, 5);
      const draw = Math.imul((product << 7) | (product >>> 25), 9);
      const shifted = s1 << 9;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= shifted;
      s3 = (s3 << 11) | (s3 >>> 21);
      const layer = draw & (layerCount - 1);
      const position = ((draw >> 7) + 0.5) / 16_777_216;
      if (Math.abs(position) < (ratios[layer] as number)) {
        into[i] = position * (edges[layer] as number);
      } else {
        save(s0, s1, s2, s3);
        into[i] = fromLayer(draw);
        s0 = state[0] as number;
        s1 = state[1] as number;
        s2 = state[2] as number;
        s3 = state[3] as number;
      }
    }
    save(s0, s1, s2, s3);
  };

  const fillPoisson = (means: Float64Array): void => {
    const length = means.length;
    if (normals.length !== length) normals = new Float64Array(length);
    fillGaussian(normals);
    for (let i = 0; i < length; i++) {
      const mean = means[i] as number;
      means[i] = mean >= exactBelow ? aboveExact(mean, normals[i] as number) : poisson(mean);
    }
  };
  let normals = new Float64Array(0);

  const poisson = (mean: number): number => {
    if (!(mean > 0)) return 0;
    if (mean >= exactBelow) return aboveExact(mean, gaussian());
    let chance = Math.exp(-mean);
    let left = uniform() - chance;
    let count = 0;
    while (left >= 0 && chance > 0) {
      count += 1;
      chance *= mean / count;
      left -= chance;
    }
    return count;
  };

  const integer = (limit: number): number => Math.floor(uniform() * limit);

  return { bits, uniform, integer, gaussian, poisson, fillGaussian, fillPoisson };
}

function aboveExact(mean: number, normal: number): number {
  return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal + (normal * normal - 1) / 6));
}

function seedState(seed: number | string): Int32Array {
  const digest = createHash("sha256").update(String(seed)).digest();
  const state = Int32Array.from({ length: 4 }, (_, i) => digest.readInt32LE(4 * i));
  // All zeros is the one state that the generator never leaves.
  state[3] = (state[3] as number) | 1;
  return state;
}

function edge(layer: number): number {
  return edges[layer] as number;
}

function layerEdges(): Float64Array {
  const density = (x: number): number => Math.exp(-0.5 * x * x);
  const x = new Float64Array(layerCount + 1);
  x[0] = layerArea / density(tailStart);
  x[1] = tailStart;
  for (let i = 2; i < layerCount; i++) {
    const previous = x[i - 1] as number;
    x[i] = Math.sqrt(-2 * Math.log(layerArea / previous + density(previous)));
  }
  return x;
}
