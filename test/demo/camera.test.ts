import { beforeAll, describe, expect, test } from "vitest";
import type { NdArray } from "../../src/core/ndarray.ts";
import { frameCount, makeFrames, type RawFrame } from "../../src/demo/camera.ts";
import { detector, exposureSeconds } from "../../src/demo/camera-options.ts";
import { type CalibrationProducts, type Comparison, compare, meetsLimits } from "../../src/demo/compare.ts";
import { cameraTruth } from "../../src/demo/truth.ts";
import { Header } from "../../src/fits/header.ts";
import { add, divide, multiply, subtract } from "../../src/math/arithmetic.ts";
import { average, meanAndDeviation } from "../../src/math/average.ts";
import { flagDeadPixels, flagHotPixels } from "../../src/math/bad-pixels.ts";
import { emptyMask, mergeMasks, pixelFlags } from "../../src/math/flags.ts";
import { median } from "../../src/math/order-statistics.ts";
import { fitSurface } from "../../src/math/surface.ts";

const options = { seed: "test", sizePixels: 256 };

interface Recipe {
  readonly dark: "matched" | "of the longest exposure" | "none";
  readonly flat: "lamp and Sun" | "lamp alone" | "none";
  /** Changes the products before they are compared. */
  readonly spoil?: (products: CalibrationProducts) => CalibrationProducts;
}

/** A calibration as its tasks do it, from the raw frames and their header facts only. */
async function calibrate(frames: readonly RawFrame[], recipe: Recipe): Promise<Comparison> {
  const images = (kind: string, seconds?: number) =>
    frames
      .filter((frame) => frame.kind === kind && (seconds === undefined || frame.exposureSeconds === seconds))
      .map((frame) => frame.image);
  const darks = {
    observe: await meanAndDeviation(images("dark", exposureSeconds.observe), { ddof: 1 }),
    solar: await meanAndDeviation(images("dark", exposureSeconds.solar), { ddof: 1 }),
    lamp: await meanAndDeviation(images("dark", exposureSeconds.lamp), { ddof: 1 }),
  };
  const darkFor = (kind: "observe" | "solar" | "lamp"): NdArray | number =>
    recipe.dark === "none" ? 0 : darks[recipe.dark === "matched" ? kind : "lamp"].mean;

  const perSecond = detector.electronsPerAdu / (exposureSeconds.lamp - exposureSeconds.observe);
  const darkRate = multiply(subtract(darks.lamp.mean, darks.observe.mean), perSecond);
  const squared = (dark: typeof darks.lamp) => multiply(multiply(dark.deviation, dark.deviation), 1 / dark.count);
  const darkRateVariance = multiply(add(squared(darks.lamp), squared(darks.observe)), perSecond ** 2);

  const lamp = subtract(await average(images("lamp gain")), darkFor("lamp"));
  const solar = subtract(await average(images("solar gain")), darkFor("solar"));
  const mask = mergeMasks(flagHotPixels(darkRate), flagDeadPixels(lamp))!;
  const smooth = fitSurface(divide(solar, lamp), { mask });
  const response = recipe.flat === "lamp alone" ? lamp : multiply(lamp, smooth);
  const flat = recipe.flat === "none" ? 1 : divide(response, median(response.data));
  const calibrated = frames
    .filter((frame) => frame.kind === "observe")
    .map((frame) => ({
      number: frame.number,
      image: divide(subtract(frame.image, darkFor("observe")), flat),
    }));
  const products = { mask, darkRate, darkRateVariance };
  return compare(calibrated, recipe.spoil?.(products) ?? products, cameraTruth(options));
}

describe("a calibration of the synthetic camera's frames", () => {
  let frames: RawFrame[];
  beforeAll(() => {
    frames = [...makeFrames(options)];
  });

  test("meets the limits of the demo when it is done right", async () => {
    const comparison = await calibrate(frames, { dark: "matched", flat: "lamp and Sun" });
    expect(comparison.residualRatio).toBeLessThan(1.2);
    expect(comparison.residualRatio).toBeGreaterThan(0.9);
    expect(comparison.badPixelsFlagged).toBeGreaterThanOrEqual(0.99);
    expect(comparison.goodPixelsFlagged).toBeLessThan(0.001);
    expect(Math.abs(comparison.darkRateSigma)).toBeLessThan(3);
    expect(comparison.darkPullSpread).toBeGreaterThan(0.9);
    expect(comparison.darkPullSpread).toBeLessThan(1.2);
    expect(meetsLimits(comparison)).toBe(true);
  });

  test.each([
    { dark: "matched", flat: "none" },
    { dark: "matched", flat: "lamp alone" },
    { dark: "none", flat: "lamp and Sun" },
    { dark: "of the longest exposure", flat: "lamp and Sun" },
  ] as const)("leaves too much pattern with the dark: $dark, the flat: $flat", async (recipe) => {
    const comparison = await calibrate(frames, recipe);
    expect(comparison.residualRatio).toBeGreaterThan(1.2);
    expect(meetsLimits(comparison)).toBe(false);
  });
});

describe("products of the calibration that are wrong", () => {
  const right = { dark: "matched", flat: "lamp and Sun" } as const;

  test("are found out where bad pixels carry no flag", async () => {
    const spoil = (products: CalibrationProducts) => ({ ...products, mask: emptyMask(products.mask.shape) });
    const comparison = await calibrate([...makeFrames(options)], { ...right, spoil });
    expect(comparison.badPixelsFlagged).toBe(0);
    expect(meetsLimits(comparison)).toBe(false);
  });

  test("are found out where the dark current is off by three per mille", async () => {
    const spoil = (products: CalibrationProducts) => ({ ...products, darkRate: multiply(products.darkRate, 1.003) });
    const comparison = await calibrate([...makeFrames(options)], { ...right, spoil });
    expect(comparison.darkRateSigma).toBeGreaterThan(3);
    expect(meetsLimits(comparison)).toBe(false);
  });
});

describe("the synthetic camera", () => {
  const small = { sizePixels: 32, darkFrames: 2, lampFrames: 2, solarFrames: 1, observeFrames: 2 };

  test("gives the same frames for the same seed, and others for another", () => {
    const take = (seed: number) => [...makeFrames({ ...small, seed })].map((frame) => [...frame.image.data]);
    expect(take(5)).toEqual(take(5));
    expect(take(5)).not.toEqual(take(6));
  });

  test("makes at least sixty frames of four kinds by default", () => {
    expect(frameCount()).toBe(64);
    expect(frameCount(small)).toBe(11);
    const kinds = [...makeFrames(small)].map((frame) => `${frame.kind} ${frame.exposureSeconds}`);
    expect([...new Set(kinds)]).toEqual([
      "dark 0.2",
      "dark 0.4",
      "dark 2",
      "lamp gain 2",
      "solar gain 0.4",
      "observe 0.2",
    ]);
  });

  test("writes headers that tell the kinds apart, with times that advance and unique file names", () => {
    const frames = [...makeFrames(small)];
    const headers = frames.map((frame) => Header.from(frame.header));
    const lamp = headers.filter((header) => header.get("LVL3STAT") === "lamp" && header.get("LAMPSTAT") === "on");
    expect(lamp).toHaveLength(2);
    expect(headers.filter((header) => header.get("IPTASK") === "gain")).toHaveLength(3);
    expect(headers.map((header) => header.number("XPOSURE"))).toEqual([
      200, 200, 400, 400, 2000, 2000, 2000, 2000, 400, 200, 200,
    ]);
    expect(headers.slice(-2).map((header) => header.integer("DSPSNUM"))).toEqual([1, 2]);
    const times = headers.map((header) => header.string("DATE-BEG"));
    expect([...times].sort()).toEqual(times);
    expect(new Set(times).size).toBe(times.length);
    expect(new Set(frames.map((frame) => frame.fileName)).size).toBe(frames.length);
  });

  test("tells nothing of the truth in its headers", () => {
    const [frame] = makeFrames(small);
    expect(JSON.stringify(frame!.header)).not.toMatch(/seed|bias|dark rate|truth/i);
  });

  test("counts photons with the noise that its gain and read noise say", async () => {
    const many = { seed: 3, sizePixels: 64, lampFrames: 200, darkFrames: 2, solarFrames: 1, observeFrames: 1 };
    const truth = cameraTruth(many);
    const lamps = [...makeFrames(many)].filter((frame) => frame.kind === "lamp gain").map((frame) => frame.image);
    // Against its neighbours a pixel shows photon and read noise only: the lamp's own flicker is taken out.
    const level = (image: NdArray) => median(image.data) - 200;
    const scaled = lamps.map((image) => multiply(subtract(image, 200), level(lamps[0]!) / level(image)));
    const { mean, deviation } = await meanAndDeviation(scaled, { ddof: 1 });
    const pulls = mean.data.map((counts, i) => {
      const electrons = counts * detector.electronsPerAdu;
      const noise = Math.sqrt(electrons + detector.readNoiseElectrons ** 2);
      return truth.flags.data[i] === pixelFlags.hot
        ? Number.NaN
        : (deviation.data[i]! * detector.electronsPerAdu) / noise;
    });
    expect(Math.abs(median(pulls) - 1)).toBeLessThan(0.02);
  });
});
