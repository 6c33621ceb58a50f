import { describe, expect, test } from "vitest";
import type { NdArray } from "../../src/core/ndarray.ts";
import { frameCount, makeFrames } from "../../src/demo/camera.ts";
import { detector } from "../../src/demo/camera-options.ts";
import { cameraTruth } from "../../src/demo/truth.ts";
import { Header } from "../../src/fits/header.ts";
import { multiply, subtract } from "../../src/math/arithmetic.ts";
import { pixelFlags } from "../../src/math/flags.ts";
import { meanAndDeviation } from "../../src/math/mean-and-deviation.ts";
import { median } from "../../src/math/order-statistics.ts";

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
