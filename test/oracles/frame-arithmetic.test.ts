import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { NdArray, PixelArray } from "../../src/core/ndarray.ts";
import { type Frame, Header } from "../../src/fits/index.ts";
import {
  add,
  average,
  combine,
  divide,
  extremes,
  flagCosmicRays,
  houghAngle,
  houghLines,
  leftMultiply,
  makeBinary,
  meanAndDeviation,
  medianAcross,
  multiply,
  otsuThreshold,
  percentilesAcross,
  random,
  rejectCosmicRays,
  repairPixels,
  resizeLocalMean,
  scale,
  scaleDark,
  sigmaClippedMean,
  sigmaClippedMeanAcross,
  statistics,
  subtract,
  sum,
  zscale,
} from "../../src/math/index.ts";
import { ask, astropy, describeWith } from "./fits-oracle.ts";

const draws = random("frame arithmetic");
const shape = [13, 17];
const size = 13 * 17;

function stackOf<T extends PixelArray>(
  type: { from(values: readonly number[]): T },
  value: () => number,
  count = 12,
): NdArray<T>[] {
  return Array.from({ length: count }, () => ({ data: type.from(Array.from({ length: size }, value)), shape }));
}

const withHoles = () => (draws.uniform() < 0.15 ? Number.NaN : draws.gaussian() * 1e4);
const stacks: Readonly<Record<string, NdArray[]>> = {
  uint8: stackOf(Uint8Array, () => draws.integer(256)),
  uint16: stackOf(Uint16Array, () => draws.integer(65536), 40),
  int32: stackOf(Int32Array, () => draws.integer(2 ** 32) - 2 ** 31),
  uint32: stackOf(Uint32Array, () => draws.integer(2 ** 32)),
  float32: stackOf(Float32Array, () => 1e5 * draws.gaussian() + 10 ** (6 * draws.uniform())),
  float64: stackOf(Float64Array, () => 1 + 1e-9 * draws.gaussian()),
  "float32 with NaN": stackOf(Float32Array, withHoles),
};

function spelt({ data, shape: lengths }: NdArray): object {
  const kind = data.constructor.name.replace("Array", "").toLowerCase();
  return {
    kind,
    shape: lengths,
    data: Array.from(data as Float64Array, (value) =>
      Number.isNaN(value) ? null : Number.isFinite(value) ? value : String(value),
    ),
  };
}

async function found(stack: readonly NdArray[]): Promise<Record<string, object>> {
  const { deviation } = await meanAndDeviation(stack);
  const { min, max } = await extremes(stack);
  const [p10] = await percentilesAcross(stack, [10]);
  const { mean: clipped, kept } = sigmaClippedMean(stack, { sigma: 2 });
  const all = { sum: await sum(stack), mean: await average(stack), deviation, min, max, p10: p10!, clipped, kept };
  const median = await medianAcross(stack);
  return Object.fromEntries(Object.entries({ ...all, median }).map(([name, array]) => [name, spelt(array)]));
}

/** Two frames with variances, and all that is made of a pair of them. */
async function pairFound(one: NdArray, other: NdArray): Promise<Record<string, unknown>> {
  const header = new Header();
  const noise = () => ({ data: Float64Array.from({ length: size }, () => draws.uniform()), shape });
  const [va, vb] = [noise(), noise()];
  const [a, b] = [
    { header, image: one, variance: va },
    { header, image: other, variance: vb },
  ];
  const times = { from: 30, to: 4.5 };
  const [factor, factorVariance] = [1.75, 0.125];
  const demodulation = {
    data: Float64Array.from({ length: size * 6 }, () => draws.gaussian()),
    shape: [...shape, 3, 2],
  };
  const stokes = combine([a, b], demodulation);
  const [scaled, dark] = [scale(a, factor, { factorVariance }), scaleDark(a, { ...times, bias: b })];
  const variance = (frame: Frame) => spelt(frame.variance!);
  return {
    ...times,
    ...{ factor, factorVariance, va: spelt(va), vb: spelt(vb), demodulation: spelt(demodulation) },
    ...{ scale: spelt(scaled.image), scaleDark: spelt(dark.image), stokes: stokes.map(({ image }) => spelt(image)) },
    variances: {
      ...{ add: variance(add(a, b)), multiply: variance(multiply(a, b)), divide: variance(divide(a, b)) },
      ...{ scale: variance(scaled), scaleDark: variance(dark), stokes: stokes.map(variance) },
    },
  };
}

/** A stack of which masks leave out two thirds. */
async function maskedFound(): Promise<object> {
  const stack = stackOf(Float32Array, () => 1e4 * draws.uniform(), 5);
  const masks = stackOf(Uint32Array, () => draws.integer(3) + (draws.integer(3) === 0 ? 0 : 4), 5);
  const frames = stack.map((image, k): Frame => ({ header: new Header(), image, mask: masks[k]! }));
  const options = { leaveOut: 4 | 8, precision: "float64" } as const;
  const { deviation } = await meanAndDeviation(frames, options);
  const { min, max } = await extremes(frames, options);
  const { mean: clipped } = await sigmaClippedMeanAcross(frames, { sigma: 2, ...options });
  const [total, mean, median] = [
    await sum(frames, options),
    await average(frames, options),
    await medianAcross(frames, options),
  ];
  const found = { sum: total, mean, deviation, median, min, max, clipped };
  return {
    ...{ bits: options.leaveOut, stack: stack.map(spelt), masks: masks.map(spelt) },
    ours: Object.fromEntries(Object.entries(found).map(([name, { image }]) => [name, spelt(image)])),
  };
}

/** A stack in which every fifth value is infinite, of either sign, and at one pixel all are. */
function infiniteFound(): object {
  const stack = stackOf(Float32Array, () => {
    const value = draws.integer(20) === 0 ? 100 * draws.gaussian() : draws.gaussian();
    return draws.integer(5) > 0 ? value : value < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  });
  for (const { data } of stack) data[0] = Number.POSITIVE_INFINITY;
  const { mean, kept } = sigmaClippedMean(stack, { sigma: 2 });
  return { stack: stack.map(spelt), clipped: spelt(mean), kept: spelt(kept) };
}

/** How far from theirs an answer may be; 0 where nothing is said. docs/frame-arithmetic.md states them. */
const bounds: readonly (readonly [RegExp, number])[] = [
  // Sums of reals are formed one after the other in float64: n - 1 roundings, each of half a unit, of numbers of either sign.
  [/^sum of float/, 64],
  [/^mean of float32/, 1],
  [/^mean of float64/, 4],
  [/^deviation of (uint|int32|float32)/, 1e-7],
  [/^deviation of float64/, 1e-6],
  [/^clipped mean/, 1e-7],
  [/^statistics (mean|rms)/, 1e-14],
  [/^statistics (skewness|kurtosis)/, 1e-11],
  [/^(matrix products|masked (sum|mean|median|min|max|clipped))/, 1e-15],
  [/^masked deviation/, 1e-13],
  [/^local mean/, 1e-14],
  [/^variance of/, 1e-15],
  [/^zscale/, 1e-10],
  // As float32, which has 6e-8; a dark is rounded more than once.
  [/^(scaleDark|demodulation)/, 1e-7],
  [/^hough angle/, 1e-6],
  [/^otsu/, 1e-12],
];

describeWith(astropy, () => {
  test("numpy, scipy and astropy find what we find, within the stated bounds", { timeout: 60_000 }, async () => {
    const [a] = stackOf(Uint16Array, () => draws.integer(65536), 1) as [NdArray];
    const [b] = stackOf(Float32Array, () => 1 + draws.uniform(), 1) as [NdArray];
    const [image] = stackOf(Float32Array, withHoles, 1) as [NdArray];
    const matrices = {
      data: Float64Array.from({ length: size * 40 }, () => draws.gaussian()),
      shape: [...shape, 4, 10],
    };
    const vectors = { data: Float64Array.from({ length: size * 10 }, () => draws.gaussian()), shape: [...shape, 10] };
    const sky = { data: Float64Array.from({ length: 64 * 70 }, () => 200 + 15 * draws.gaussian()), shape: [64, 70] };
    for (let k = 0; k < 60; k += 1) sky.data[draws.integer(sky.data.length)]! += 150 + 2000 * draws.uniform();
    for (let i = 0; i < sky.data.length; i += 1) {
      sky.data[i]! += 5000 * Math.exp(-(((i % 70) - 30) ** 2 + (Math.floor(i / 70) - 40) ** 2) / 6);
    }
    const [gain, readNoise] = [1.5, 9];
    const dark = {
      data: Float32Array.from({ length: 900 }, (_, i) => (i % 31 < 2 ? 10 : 100) + draws.gaussian()),
      shape: [30, 30],
    };
    const binary = makeBinary(dark);
    const { accumulator, angles } = houghLines(binary, { angles: [-0.6, 0.4], count: 90 });
    const slit = Uint8Array.from({ length: 6400 }, (_, i) =>
      Math.abs(((i % 80) + 0.123 * Math.floor(i / 80)) % 13) < 1.5 ? 1 : 0,
    );
    const ofLines = houghLines({ data: slit, shape: [80, 80] }, { angles: [-0.2, 0.4], count: 121 });
    const whole = { data: Uint16Array.from(sky.data), shape: sky.shape };
    const few = { data: Float32Array.of(1, 2, 40), shape: [3] };
    const flat = { data: new Int32Array(2500).fill(7), shape: [50, 50] };
    const ofStates = await pairFound(a, b);
    const masked = await maskedFound();
    const header = new Header();
    const mask = {
      data: Uint32Array.from({ length: sky.data.length }, () => (draws.uniform() < 0.3 ? 4 : 0)),
      shape: sky.shape,
    };
    const given = {
      stacks: Object.fromEntries(
        await Promise.all(
          Object.entries(stacks).map(async ([name, stack]) => [
            name,
            { stack: stack.map(spelt), ours: await found(stack) },
          ]),
        ),
      ),
      ...Object.fromEntries(
        Object.entries({ a, b, image, matrices, vectors, sky, binary }).map(([name, each]) => [name, spelt(each)]),
      ),
      ...{
        add: spelt(add(a, b)),
        subtract: spelt(subtract(a, b)),
        multiply: spelt(multiply(a, b)),
        divide: spelt(divide(a, b)),
      },
      ...ofStates,
      masked,
      infinite: infiniteFound(),
      mask: spelt(mask),
      repaired: spelt(repairPixels(sky, mask)),
      rejected: spelt(rejectCosmicRays({ header, image: sky }, { gain, readNoise }).image),
      "local mean": spelt(resizeLocalMean(sky, [27, 70])),
      zscale: Object.fromEntries(
        Object.entries({ "a sky": sky, "few pixels": few, "one value": flat, "real values": image, whole }).map(
          ([name, each]) => [name, { ours: [...zscale(each)], image: spelt(each) }],
        ),
      ),
      lines: {
        angle: houghAngle(ofLines).angle,
        angles: [...ofLines.angles],
        votes: spelt(ofLines.accumulator),
      },
      products: spelt(leftMultiply(matrices, vectors)),
      statistics: statistics(image),
      hits: spelt(flagCosmicRays(sky, { gain, readNoise })),
      ...{ gain, readNoise, votes: spelt(accumulator), angles: [...angles] },
      otsu: {
        "image of whole numbers": { ours: otsuThreshold(whole), image: spelt(whole) },
        "image of reals": { ours: otsuThreshold(dark), image: spelt(dark) },
      },
    };
    const folder = await mkdtemp(join(tmpdir(), "firstlight-arithmetic-"));
    try {
      const path = join(folder, "given.json");
      await writeFile(path, JSON.stringify(given));
      const program = fileURLToPath(new URL("frame-arithmetic.py", import.meta.url));
      const {
        "cosmic rays found": hits,
        "pixels without any": lost,
        ...answers
      } = JSON.parse(ask(astropy, [program, path])) as Record<string, number | string>;
      expect(hits).toBeGreaterThan(50);
      expect(lost).toBeGreaterThan(0);
      expect(Object.keys(answers).length).toBeGreaterThan(90);
      const beyond = Object.entries(answers).filter(([name, apart]) => {
        const bound = bounds.find(([pattern]) => pattern.test(name))?.[1] ?? 0;
        return typeof apart !== "number" || !(apart <= bound);
      });
      expect(beyond).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
