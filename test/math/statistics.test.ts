import { describe, expect, test } from "vitest";
import type { PixelArray } from "../../src/core/ndarray.ts";
import { headerPercents } from "../../src/math/array-statistics.ts";
import { median, orderStatistics, percentiles } from "../../src/math/order-statistics.ts";
import { random } from "../../src/math/random.ts";
import { statistics } from "../../src/math/statistics.ts";

/** The numbers expected below are numpy 2.4's and scipy 1.17's for this sample. */
const sample = Float64Array.from({ length: 20_000 }, (_, i) =>
  i % 41 === 0 ? Number.NaN : ((i * 7919 + 13) % 1009) / 7 + ((i * i) % 97) ** 2 / 50,
);
const of = (data: PixelArray) => statistics({ data, shape: [data.length] });

function expectNear(found: number, expected: number): void {
  expect(Math.abs(found / expected - 1)).toBeLessThan(1e-12);
}

describe("statistics", () => {
  test.each([0.1, 1 / 3, 1e9 + 0.1, -7.3e-5])("of pixels that all are %d has no skewness and no kurtosis", (value) => {
    const found = of(new Float64Array(10_007).fill(value));
    expect([found.mean, found.rms, found.skewness, found.kurtosis]).toEqual([value, 0, Number.NaN, Number.NaN]);
  });

  test("of pixels that differ by their last digit alone has none either", () => {
    const found = of(Float64Array.from({ length: 10_000 }, (_, i) => (i === 5000 ? 0.1 + 2 ** -56 : 0.1)));
    expect([found.skewness, found.kurtosis]).toEqual([Number.NaN, Number.NaN]);
  });

  test("agrees with numpy and scipy on float64 with NaN", () => {
    const found = of(sample);
    expect([found.count, found.nan, found.min, found.max]).toEqual([19512, 488, 0.08, 328.32]);
    expectNear(found.mean, 136.46746558894162);
    expect(found.median).toBe(129.9714285714286);
    expectNear(found.rms, 73.31434587672761);
    expectNear(found.skewness, 0.3491781258749957);
    expectNear(found.kurtosis, -0.5760012203021305);
    expect(headerPercents.map((percent) => found.percentiles[percent])).toEqual([
      7.909171428571429, 13.334914285714285, 25.765714285714285, 42.500571428571426, 80.565, 186.88642857142855,
      241.71342857142858, 270.82042857142864, 294.5319428571428, 306.1457428571428,
    ]);
  });

  test("agrees with numpy and scipy on float32", () => {
    const found = of(Float32Array.from(sample));
    expectNear(found.mean, 136.46746553882556);
    expectNear(found.rms, 73.31434586468798);
    expectNear(found.skewness, 0.34917812589689823);
    expectNear(found.percentiles[99], 306.14573303222653);
  });

  test("agrees with numpy and scipy on uint16", () => {
    const found = of(Uint16Array.from({ length: 20_000 }, (_, i) => (i * 7919 + 13) % 60_000));
    expect([found.mean, found.median, found.percentiles[1], found.percentiles[99]]).toEqual([
      29997.5, 29993.5, 603.97, 59402.03,
    ]);
    expectNear(found.rms, 17320.650543498647);
    expect(found.skewness).toBeCloseTo(0.00021806468269493405, 12);
    expectNear(found.kurtosis, -1.1999251066995684);
  });

  test("keeps its digits where the values are large and close together", () => {
    const found = of(Float64Array.of(1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16));
    expect(found.mean).toBe(1e9 + 10);
    expectNear(found.rms, Math.sqrt(22.5));
  });

  test("of nothing but NaN counts them and has no numbers", () => {
    const found = of(Float32Array.of(Number.NaN, Number.NaN));
    expect([found.count, found.nan]).toEqual([0, 2]);
    for (const value of [
      found.min,
      found.max,
      found.mean,
      found.median,
      found.rms,
      found.percentiles[50 as 75] ?? Number.NaN,
    ]) {
      expect(value).toBeNaN();
    }
  });

  test("of one value has no shape", () => {
    const found = of(Int32Array.of(-5));
    expect([found.min, found.max, found.mean, found.median, found.rms]).toEqual([-5, -5, -5, -5, 0]);
    expect([found.skewness, found.kurtosis]).toEqual([Number.NaN, Number.NaN]);
  });

  test("keeps infinities in the extremes and the order", () => {
    const found = of(Float64Array.of(Number.NEGATIVE_INFINITY, 1, 2, Number.POSITIVE_INFINITY, Number.NaN));
    expect([found.count, found.min, found.max, found.median]).toEqual([
      4,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      1.5,
    ]);
    expect(found.mean).toBeNaN();
  });

  test("refuses an array without elements", () => {
    expect(() => of(new Uint8Array(0))).toThrow(expect.objectContaining({ code: "ARRAY_EMPTY" }));
  });
});

describe("order statistics", () => {
  const draws = random(1);
  const kinds: Record<string, () => number> = {
    "a normal distribution": () => draws.gaussian(),
    "one far outlier in a narrow peak": () => (draws.uniform() < 1e-4 ? 1e12 : 850 + draws.gaussian()),
    "few distinct values": () => draws.integer(3),
    "one value": () => 7,
    "many magnitudes": () => Math.exp(40 * draws.gaussian()),
    "the whole range of float64": () => (draws.uniform() - 0.5) * Number.MAX_VALUE * 2,
    "subnormal numbers": () => draws.integer(100) * Number.MIN_VALUE,
  };

  test.each(Object.keys(kinds))("are those of a sort for %s", (kind) => {
    const data = Float64Array.from({ length: 30_000 }, kinds[kind]!);
    const sorted = data.toSorted();
    const ranks = [0, 1, 299, 300, 14_999, 15_000, 29_700, 29_999];
    expect(orderStatistics(data, ranks)).toEqual(ranks.map((rank) => sorted[rank]));
  });

  test("of 64-bit integers are numbers", () => {
    expect(median(BigInt64Array.of(5n, -1n, 9n))).toBe(5);
    expect(percentiles(BigUint64Array.of(0n, 10n), [50])).toEqual([5]);
  });
});
