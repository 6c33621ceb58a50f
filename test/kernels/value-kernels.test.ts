import { describe, expect, test } from "vitest";
import { valueBins, valueKernels, valuePortion } from "../../src/kernels/value-kernels.ts";
import { statistics } from "../../src/math/index.ts";
import { orderStatistics } from "../../src/math/order-statistics.ts";
import { randomFrom } from "../fits/random.ts";

const types = { Float32Array, Float64Array, Int16Array, Uint16Array, Uint8Array, Int32Array } as const;
const lengths = [1, 2, 3, 4, 5, 7, 33, 4097, valuePortion, valuePortion + 3, 2 * valuePortion + 1];

function made(type: keyof typeof types, length: number, value: () => number) {
  const data = new types[type](length);
  for (let i = 0; i < length; i += 1) data[i] = value();
  return data;
}

function pixelsOf(type: keyof typeof types, length: number, random: () => number) {
  const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1e-40, 3e38];
  const oddities = random() < 0.5 ? 0.05 : 0;
  const width = 10 ** (random() * 6);
  return made(type, length, () =>
    random() < oddities ? (special[Math.floor(random() * special.length)] as number) : (random() - 0.5) * width,
  );
}

describe.each(Object.keys(types) as (keyof typeof types)[])("%s", (type) => {
  test.each(lengths)("of %i pixels: order statistics are those of a sort", (length) => {
    const random = randomFrom(length);
    for (let run = 0; run < 3; run += 1) {
      const data = pixelsOf(type, length, random);
      const sorted = Float64Array.from(data)
        .filter((value) => !Number.isNaN(value))
        .sort();
      const ranks = [0, 1, sorted.length >> 1, sorted.length - 2, sorted.length - 1].filter(
        (rank) => rank >= 0 && rank < sorted.length,
      );
      for (let more = 0; more < 300; more += 1) ranks.push(Math.floor(random() * sorted.length));
      const expected = ranks.map((rank) => sorted[rank] ?? Number.NaN);
      // A zero has no sign here.
      expect(orderStatistics(data, ranks).map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
    }
  });

  test.each(lengths)("of %i pixels: moments are those of two plain passes", (length) => {
    const random = randomFrom(1000 + length);
    const data = made(type, length, () => 100 * random());
    const withNan = data instanceof Float32Array || data instanceof Float64Array;
    if (withNan && length > 5) data[3] = Number.NaN;
    const values = [...data].filter((value) => !Number.isNaN(value));
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const moment = (power: number) => values.reduce((a, b) => a + (b - mean) ** power, 0) / values.length;
    const found = statistics({ data, shape: [length] });
    expect(found.count).toBe(values.length);
    expect(found.min).toBe(values.reduce((a, b) => Math.min(a, b)));
    expect(found.max).toBe(values.reduce((a, b) => Math.max(a, b)));
    expect(Math.abs(found.mean - mean)).toBeLessThanOrEqual(1e-13 * mean);
    expect(Math.abs(found.rms - Math.sqrt(moment(2)))).toBeLessThanOrEqual(1e-12 * mean);
    if (length > 30) {
      expect(found.skewness).toBeCloseTo(moment(3) / moment(2) ** 1.5, 9);
      expect(found.kurtosis).toBeCloseTo(moment(4) / moment(2) ** 2 - 3, 9);
    }
  });
});

test("more pixels than a portion has are refused", () => {
  const kernels = valueKernels();
  const bins = { low: 0, high: 1, scale: valueBins };
  for (const count of [valuePortion + 1, -1, Number.NaN]) {
    expect(() => kernels.census(true, count)).toThrow(RangeError);
    expect(() => kernels.moments(false, count, 0)).toThrow(RangeError);
    expect(() => kernels.count(true, count, bins)).toThrow(RangeError);
    expect(() => kernels.pick(true, count, bins)).toThrow(RangeError);
  }
});
