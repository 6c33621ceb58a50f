import { describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import { medianAbsoluteDeviation, modeEstimate, robustLocation } from "../../src/math/robust.ts";
import { sigmaClippedMean } from "../../src/math/sigma-clip.ts";

describe("medianAbsoluteDeviation", () => {
  test("agrees with scipy", () => {
    const data = Float64Array.from({ length: 20_000 }, (_, i) =>
      i % 41 === 0 ? Number.NaN : ((i * 7919 + 13) % 1009) / 7 + ((i * i) % 97) ** 2 / 50,
    );
    expect(medianAbsoluteDeviation(data)).toBeCloseTo(52.81428571428569, 12);
  });
});

describe("robustLocation", () => {
  test("finds a normal background under outliers, with an uncertainty that holds", () => {
    const draws = random("background");
    const pulls = Float64Array.from({ length: 400 }, () => {
      const data = Float64Array.from({ length: 500 }, (_, i) => (i < 20 ? 2000 : 844 + 3 * draws.gaussian()));
      const { value, uncertainty, deviation, rejected } = robustLocation(data);
      expect(Math.abs(deviation - 3)).toBeLessThan(0.8);
      expect(rejected).toBeGreaterThanOrEqual(20);
      return (value - 844) / uncertainty;
    });
    const spread = Math.sqrt(pulls.reduce((sum, pull) => sum + pull * pull, 0) / pulls.length);
    expect(spread).toBeGreaterThan(0.85);
    expect(spread).toBeLessThan(1.15);
  });

  test("of equal values has no uncertainty", () => {
    expect(robustLocation(Uint8Array.of(7, 7, 7))).toMatchObject({ value: 7, uncertainty: 0, kept: 3, rejected: 0 });
  });

  test("refuses data without numbers", () => {
    expect(() => robustLocation(Float32Array.of(Number.NaN))).toThrow(expect.objectContaining({ code: "ARRAY_EMPTY" }));
  });
});

describe("modeEstimate", () => {
  test("stays at a pedestal that a one-sided tail hides from the median", () => {
    const draws = random("tail");
    const data = Float64Array.from({ length: 2000 }, () =>
      draws.uniform() < 0.2 ? 844 + draws.gaussian() : 844 - 25 * Math.log(1 - draws.uniform()),
    );
    const mode = modeEstimate(data);
    expect(Math.abs(mode.value - 844)).toBeLessThan(1);
    expect(robustLocation(data).value).toBeGreaterThan(849);
    expect(mode.uncertainty).toBeGreaterThan(0.05);
    expect(mode.uncertainty).toBeLessThan(1);
  });

  test("of whole numbers is the commonest", () => {
    expect(modeEstimate(Uint8Array.of(1, 5, 5, 5, 5, 9, 12)).value).toBe(5);
  });

  test("is the same each time", () => {
    const data = Float64Array.from({ length: 100 }, (_, i) => (i * i) % 37);
    expect(modeEstimate(data)).toEqual(modeEstimate(data));
  });
});

describe("sigmaClippedMean", () => {
  const stack = Array.from({ length: 15 }, (_, k) =>
    Float64Array.from({ length: 6 }, (_unused, p) => (k * 31 + p * 17) % 23),
  );
  stack[7]![2] = 500;
  stack[3]![4] = -900;
  stack[2]![5] = Number.NaN;
  stack[11]![2] = 120;

  test("agrees with numpy for clipping about the median by the standard deviation", () => {
    const { mean, kept } = sigmaClippedMean(stack.map((data) => ({ data, shape: [2, 3] })));
    expect(mean.shape).toEqual([2, 3]);
    const expected = [10, 11.666666666666666, 11.461538461538462, 10.4, 11.285714285714286, 10.785714285714286];
    expected.forEach((value, i) => {
      expect(mean.data[i]).toBeCloseTo(value, 13);
    });
    expect([...kept.data]).toEqual([15, 15, 13, 15, 14, 14]);
  });

  test("gives NaN where no frame has a number", () => {
    const { mean, kept } = sigmaClippedMean([{ data: Float32Array.of(Number.NaN, 2), shape: [2] }]);
    expect([...mean.data]).toEqual([Number.NaN, 2]);
    expect([...kept.data]).toEqual([0, 1]);
  });

  test("refuses an empty stack and shapes that differ", () => {
    expect(() => sigmaClippedMean([])).toThrow(expect.objectContaining({ code: "ARRAY_EMPTY" }));
    const [a, b] = [new Uint8Array(2), new Uint8Array(3)].map((data) => ({ data, shape: [data.length] }));
    expect(() => sigmaClippedMean([a!, b!])).toThrow(expect.objectContaining({ code: "ARRAY_SHAPE" }));
  });
});
