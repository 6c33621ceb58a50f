import { expect, test } from "vitest";
import type { NdArray } from "../../src/core/ndarray.ts";
import { Header } from "../../src/fits/index.ts";
import { medianAcross, percentilesAcross, sigmaClippedMean, sigmaClippedMeanAcross } from "../../src/math/index.ts";

const signed = (...pixels: readonly bigint[]): NdArray => ({
  data: BigInt64Array.from(pixels),
  shape: [pixels.length],
});
const unsigned = (...pixels: readonly bigint[]): NdArray => ({
  data: BigUint64Array.from(pixels),
  shape: [pixels.length],
});
const least = -(2n ** 63n);
const others = Array.from({ length: 20 }, (_, k) => 1000n + BigInt(k));

// What one frame has at the end of its range must not take digits from the others, wherever in the stack it comes.
test.each([
  ["int64 with the least", signed(least), signed, [1004, 1009, 1014], 1008.5],
  ["int64 with the greatest", signed(2n ** 63n - 1n), signed, [1005, 1010, 1015], 1009.5],
  ["uint64 with the greatest", unsigned(2n ** 64n - 1n), unsigned, [1005, 1010, 1015], 1009.5],
  ["uint64 with 2^63", unsigned(2n ** 63n), unsigned, [1005, 1010, 1015], 1009.5],
  ["uint64 with an int64 of the least", signed(least), unsigned, [1004, 1009, 1014], 1008.5],
  ["int64 with a uint64 of the greatest", unsigned(2n ** 64n - 1n), signed, [1005, 1010, 1015], 1009.5],
] as const)("%s: ranks and clipped means of the others are exact", async (_name, outlier, of, quarters, even) => {
  const rest = others.map((value) => of(value));
  for (const stack of [
    [outlier, ...rest],
    [...rest, outlier],
  ]) {
    expect((await percentilesAcross(stack, [25, 50, 75])).map(({ data }) => data[0])).toEqual(quarters);
    const frames = stack.map((image) => ({ header: new Header(), image }));
    expect((await medianAcross(frames)).image.data).toEqual(Float64Array.of(quarters[1]));
    const { mean, kept } = sigmaClippedMean(stack);
    expect([mean.data[0], kept.data[0]]).toEqual([1009.5, 20]);
    const across = await sigmaClippedMeanAcross(stack);
    expect([across.mean.data[0], across.kept.data[0]]).toEqual([1009.5, 20]);
  }
  expect((await medianAcross([outlier, ...rest.slice(0, 19)])).data).toEqual(Float64Array.of(even));
});

test("an outlier in one pixel changes nothing in the next", async () => {
  const stack = [signed(least, 2000n), signed(1001n, 2001n), signed(1003n, 2003n)];
  expect((await medianAcross(stack)).data).toEqual(Float64Array.of(1001, 2001));
  const k = 2n ** 52n + 1n;
  const [quarter] = await percentilesAcross([signed(k, 2n ** 54n), signed(k + 1n, 2n ** 54n)], [25]);
  const [alone] = await percentilesAcross([signed(k), signed(k + 1n)], [25]);
  expect(quarter?.data[0]).toBe(alone?.data[0]);
});

test("what a mask leaves out takes no digits from what is left", async () => {
  const stack = [least, 1001n, 1003n, 1002n].map((value, k) => ({
    header: new Header(),
    image: signed(value),
    mask: { data: Uint32Array.of(k === 0 ? 1 : 0), shape: [1] },
  }));
  expect((await medianAcross(stack, { leaveOut: 1 })).image.data).toEqual(Float64Array.of(1002));
  const ends = await percentilesAcross(stack, [0, 100], { leaveOut: 1 });
  expect(ends.map(({ image }) => image.data[0])).toEqual([1001, 1003]);
  const { mean, kept } = await sigmaClippedMeanAcross(stack, { leaveOut: 1 });
  expect([mean.image.data[0], kept.data[0]]).toEqual([1002, 3]);
});

test.each([
  ["int64", signed],
  ["uint64", unsigned],
])("beyond 2^53 %s are ranked and clipped as a float64 rounds them", async (_type, of) => {
  const base = 2n ** 62n;
  const stack = [base + 1000n, base + 3000n, base + 5000n].map((value) => of(value));
  expect((await medianAcross(stack)).data).toEqual(Float64Array.of(Number(base + 3000n)));
  expect((await percentilesAcross(stack, [0, 100])).map(({ data }) => data[0])).toEqual([
    Number(base + 1000n),
    Number(base + 5000n),
  ]);
  expect(sigmaClippedMean(stack, { sigma: 0.5 }).kept.data).toEqual(Uint32Array.of(1));
});
