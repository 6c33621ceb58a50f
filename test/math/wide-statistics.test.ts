import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { NdArray } from "../../src/core/ndarray.ts";
import { encodeFits, Header } from "../../src/fits/index.ts";
import { meanAndDeviation, random, statistics } from "../../src/math/index.ts";

const draws = random("wide statistics");
const small = (count: number) => Array.from({ length: count }, () => BigInt(Math.floor(1000 * draws.uniform())));
const arrayOf = (values: readonly bigint[]): NdArray => ({
  data: values.some((value) => value >= 2n ** 63n) ? BigUint64Array.from(values) : BigInt64Array.from(values),
  shape: [values.length],
});

async function imagesOf(paths: readonly string[]) {
  const { mean, deviation } = await meanAndDeviation(paths);
  return { mean: mean.image, deviation: deviation.image };
}

describe.each([
  ["2^60", 2n ** 60n + 1n],
  ["-2^63", -(2n ** 63n)],
  ["2^64 - 1001", 2n ** 64n - 1001n],
])("of integers a little above %s", (_, base) => {
  test("statistics are those of the integers", () => {
    const values = small(10_001);
    const found = statistics(arrayOf(values.map((value) => base + value)));
    const near = statistics({ data: Float64Array.from(values, Number), shape: [values.length] });
    const exact = (value: number) => Number(base + BigInt(value));
    expect([found.min, found.max, found.median]).toEqual([near.min, near.max, near.median].map(exact));
    expect(found.mean).toBe(exact(Math.round(near.mean)));
    expect(found.percentiles[25]).toBe(exact(near.percentiles[25]));
    for (const key of ["rms", "skewness", "kurtosis"] as const) expect(found[key]).toBeCloseTo(near[key], 9);
  });

  test("the deviation over a stack is theirs, of arrays and of files, whatever is left out", async () => {
    const stack = Array.from({ length: 9 }, () => small(60));
    const wide = stack.map((values) => arrayOf(values.map((value) => base + value)));
    const near = await meanAndDeviation(
      stack.map((values) => ({ data: Float64Array.from(values, Number), shape: [60] })),
    );
    const folder = await mkdtemp(join(tmpdir(), "firstlight-wide-"));
    try {
      const paths = wide.map((_, k) => join(folder, `${k}.fits`));
      for (const [k, image] of wide.entries())
        await writeFile(paths[k] as string, encodeFits([{ header: new Header(), image }]));
      const mask = (flag: number): NdArray<Uint32Array> => ({ data: new Uint32Array(60).fill(flag), shape: [60] });
      // Far from all others, and first.
      const far = { ...arrayOf(small(60)), mask: mask(1) };
      const frames = [
        { header: new Header(), image: { data: far.data, shape: [60] }, mask: far.mask },
        ...wide.map((image) => ({ header: new Header(), image, mask: mask(0) })),
      ];
      const left = await meanAndDeviation(frames, { leaveOut: 1 });
      const found = [
        await meanAndDeviation(wide),
        await imagesOf(paths),
        { mean: left.mean.image, deviation: left.deviation.image },
      ];
      for (const { mean, deviation } of found) {
        for (const [i, wanted] of near.deviation.data.entries()) {
          expect(Math.abs((deviation.data[i] as number) - wanted)).toBeLessThan(1e-9);
          const total = stack.reduce((sum, values) => sum + (values[i] as bigint), 0n);
          // A half more stands for what is behind the point, which matters at a tie.
          const doubled = 2n * (base + total / 9n) + (total % 9n === 0n ? 0n : 1n);
          expect(mean.data[i]).toBe(Number(doubled) / 2);
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test("statistics of integers that fill all 64 bits are rounded once", () => {
  const found = statistics(arrayOf([-(2n ** 63n), -1n, 3n, 5n, 2n ** 63n - 1n]));
  expect(found).toMatchObject({ count: 5, nan: 0, min: -(2 ** 63), max: 2 ** 63, median: 3, mean: 6 / 5 });
  expect(found.percentiles[25]).toBe(-1);
});

test("a stack of integers of 64 bits and of reals has the mean and the deviation of both", async () => {
  const stack: NdArray[] = [
    { data: BigInt64Array.of(2n ** 53n + 2n), shape: [1] },
    { data: Float64Array.of(2 ** 53 + 4), shape: [1] },
  ];
  const { mean, deviation } = await meanAndDeviation(stack);
  expect([mean.data[0], deviation.data[0]]).toEqual([2 ** 53 + 4, 1]);
});

test("a first value that its mask leaves out takes no digits from reals behind it", async () => {
  const frameOf = (data: NdArray["data"], flag: number) => ({
    header: new Header(),
    image: { data, shape: [1] },
    mask: { data: Uint32Array.of(flag), shape: [1] },
  });
  const reals = [1001, 1003, 1002].map((value) => frameOf(Float64Array.of(value), 0));
  const stack = [frameOf(BigInt64Array.of(-(2n ** 63n)), 1), ...reals];
  const { mean, deviation } = await meanAndDeviation(stack, { leaveOut: 1 });
  expect(mean.image.data).toEqual(Float64Array.of(1002));
  expect(deviation.image.data[0]).toBeCloseTo(Math.sqrt(2 / 3), 14);
});
