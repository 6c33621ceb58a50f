import { describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import { statistics } from "../../src/math/statistics.ts";

const count = 400_000;
const draw = (next: () => number) => statistics({ data: Float64Array.from({ length: count }, next), shape: [count] });

describe("random", () => {
  test("gives the same row for the same seed, and another for another", () => {
    const row = (seed: string) => Array.from({ length: 5 }, random(seed).bits);
    expect(row("a")).toEqual(row("a"));
    expect(row("a")).not.toEqual(row("b"));
  });

  test("is uniform over [0, 1)", () => {
    const found = draw(random(1).uniform);
    expect(found.min).toBeGreaterThanOrEqual(0);
    expect(found.max).toBeLessThan(1);
    expect(Math.abs(found.mean - 0.5)).toBeLessThan(0.002);
    for (const percent of [10, 25, 75, 90] as const) {
      expect(Math.abs(found.percentiles[percent] - percent / 100)).toBeLessThan(0.003);
    }
  });

  test("draws normal numbers: moments, quantiles and the tail beyond the ziggurat", () => {
    const draws = random(2);
    const found = draw(draws.gaussian);
    expect(Math.abs(found.mean)).toBeLessThan(0.006);
    expect(Math.abs(found.rms - 1)).toBeLessThan(0.005);
    expect(Math.abs(found.skewness)).toBeLessThan(0.015);
    expect(Math.abs(found.kurtosis)).toBeLessThan(0.03);
    expect(Math.abs(found.percentiles[1] + 2.3263)).toBeLessThan(0.02);
    expect(Math.abs(found.percentiles[75] - 0.6745)).toBeLessThan(0.008);
    let tail = 0;
    for (let i = 0; i < 1_000_000; i++) if (Math.abs(draws.gaussian()) > 3.5) tail += 1;
    // 465 expected, with a deviation of 22.
    expect(Math.abs(tail - 465)).toBeLessThan(90);
  });

  test("fills with the very numbers that single draws give", () => {
    const filled = new Float64Array(5000);
    random(3).fillGaussian(filled);
    const single = random(3);
    expect(filled).toEqual(Float64Array.from(filled, () => single.gaussian()));
  });

  test.each([0.3, 4, 29])("draws from the exact Poisson distribution of mean %d", (mean) => {
    const draws = random(4);
    const counts = new Float64Array(200);
    for (let i = 0; i < count; i++) counts[draws.poisson(mean)]! += 1;
    let [chance, chi, cells] = [Math.exp(-mean), 0, 0];
    for (let k = 0; k < 200; k++) {
      if (chance * count > 20) {
        chi += (counts[k]! - chance * count) ** 2 / (chance * count);
        cells += 1;
      }
      chance *= mean / (k + 1);
    }
    expect(cells).toBeGreaterThan(3);
    expect(chi).toBeLessThan(cells + 4 * Math.sqrt(2 * cells));
  });

  test.each([31, 40_000])("draws with the first three moments of a Poisson distribution of mean %d", (mean) => {
    const draws = random(5);
    const means = new Float64Array(count).fill(mean);
    draws.fillPoisson(means);
    const found = statistics({ data: means, shape: [count] });
    expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(mean / count));
    expect(Math.abs(found.rms ** 2 / mean - 1)).toBeLessThan(0.01);
    expect(Math.abs(found.skewness - 1 / Math.sqrt(mean))).toBeLessThan(0.02);
    expect(means.every(Number.isInteger)).toBe(true);
  });

  test("draws nothing from a mean of zero or below", () => {
    expect([0, -3, Number.NaN].map(random(6).poisson)).toEqual([0, 0, 0]);
  });
});
