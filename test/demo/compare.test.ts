import { beforeAll, describe, expect, test } from "vitest";
import { type CalibratedFrame, type CalibrationProducts, compare, meetsLimits } from "../../src/demo/compare.ts";
import { cameraTruth, type Truth } from "../../src/demo/truth.ts";
import { add, multiply } from "../../src/math/arithmetic.ts";
import { emptyMask } from "../../src/math/flags.ts";
import { random } from "../../src/math/random.ts";

const darkSigma = 4;

describe("products of the demo, held against the truth of its camera", () => {
  let truth: Truth;
  let frames: readonly CalibratedFrame[];
  let products: CalibrationProducts;
  beforeAll(() => {
    truth = cameraTruth({ seed: "test", sizePixels: 128, observeFrames: 4 });
    const { shape } = truth.gain;
    const noise = new Float64Array(truth.gain.data.length);
    random("dark noise").fillGaussian(noise);
    frames = [1, 2, 3, 4].map((number) => ({ number, image: truth.sun(number) }));
    products = {
      mask: truth.flags,
      darkRate: add(truth.darkRate, { data: noise.map((draw) => darkSigma * draw), shape }),
      darkRateVariance: { data: new Float64Array(noise.length).fill(darkSigma ** 2), shape },
    };
  });

  test("meet the limits where they are the truth, with as much noise as they claim", async () => {
    const comparison = await compare(frames, products, truth);
    expect(comparison.fixedPatternResidual).toBeLessThan(1e-6);
    expect(comparison.badPixelsFlagged).toBe(1);
    expect(comparison.goodPixelsFlagged).toBe(0);
    expect(Math.abs(comparison.darkPullSpread - 1)).toBeLessThan(0.05);
    expect(meetsLimits(comparison)).toBe(true);
  });

  test("are found out where bad pixels carry no flag", async () => {
    const comparison = await compare(frames, { ...products, mask: emptyMask(truth.flags.shape) }, truth);
    expect(comparison.badPixelsFlagged).toBe(0);
    expect(meetsLimits(comparison)).toBe(false);
  });

  test("are found out where good pixels are flagged in their place", async () => {
    const flags = truth.flags.data.map((_, i) => truth.flags.data[i === 0 ? truth.flags.data.length - 1 : i - 1] ?? 0);
    const comparison = await compare(frames, { ...products, mask: { ...truth.flags, data: flags } }, truth);
    expect(comparison.goodPixelsFlagged).toBeGreaterThan(0);
    expect(meetsLimits(comparison)).toBe(false);
  });

  test("are found out where the dark current is off by three per mille", async () => {
    const comparison = await compare(frames, { ...products, darkRate: multiply(products.darkRate, 1.003) }, truth);
    expect(comparison.darkRateSigma).toBeGreaterThan(3);
    expect(meetsLimits(comparison)).toBe(false);
  });

  test("have a pull of 1 where noise is what they claim, in any unit, and are found out where it is a tenth more", async () => {
    const draws = random("pulls");
    const noisy = (factor: number): CalibratedFrame[] =>
      frames.map(({ number, image }) => {
        const lights = Float64Array.from<number | bigint>(image.data, Number);
        const sigma = lights.map((light) => 0.01 + 0.02 * light);
        const data = Float64Array.from(lights, (light, i) => 250 * (light + sigma[i]! * draws.gaussian()));
        const variance = { data: Float64Array.from(sigma, (each) => (250 * factor * each) ** 2), shape: image.shape };
        return { number, image: { data, shape: image.shape }, variance };
      });
    const { noisePull } = await compare(noisy(1), products, truth);
    expect(Math.abs(noisePull! - 1)).toBeLessThan(0.01);
    const comparison = await compare(noisy(1 / 1.1), products, truth);
    expect(comparison.noisePull).toBeCloseTo(1.1, 1);
    expect(meetsLimits(comparison)).toBe(false);
    expect((await compare(frames, products, truth)).noisePull).toBeUndefined();
  });

  test("are found out where the response of the pixels is left in the frames", async () => {
    const raw = frames.map(({ number, image }) => ({ number, image: multiply(image, truth.gain) }));
    const comparison = await compare(raw, products, truth);
    expect(comparison.residualRatio).toBeGreaterThan(10);
    expect(meetsLimits(comparison)).toBe(false);
  });
});
