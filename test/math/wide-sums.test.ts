import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { NdArray } from "../../src/core/ndarray.ts";
import { encodeFits, Header } from "../../src/fits/index.ts";
import { average, percentilesAcross, random, renderPng, sigmaClippedMean, sum } from "../../src/math/index.ts";

const draws = random("wide sums");
const bits = (): bigint =>
  (BigInt(Math.floor(2 ** 32 * draws.uniform())) << 32n) + BigInt(Math.floor(2 ** 32 * draws.uniform()));
const [size, count] = [500, 7];
const shape = [20, 25];

/** The nearest float64, by comparison of both neighbours' distance in whole numbers. */
function nearest(dividend: bigint, divisor: bigint): number {
  const guess = Number(dividend / divisor);
  const step = 2 ** (Math.floor(Math.log2(Math.abs(guess) || 1)) - 52);
  const scale = 2n ** 80n;
  const scaled = (value: number): bigint => BigInt(Math.trunc(value)) * scale + BigInt((value % 1) * 2 ** 80);
  const apart = (value: number): bigint => {
    const distance = scaled(value) * divisor - dividend * scale;
    return distance < 0n ? -distance : distance;
  };
  return [guess - step, guess, guess + step, Number(dividend) / Number(divisor)].reduce((best, value) =>
    apart(value) < apart(best) ? value : best,
  );
}

test.each([
  [
    "signed",
    () => BigInt64Array.from({ length: size }, (_, i) => BigInt.asIntN(64, i % 3 === 0 ? bits() >> 40n : bits())),
  ],
  ["unsigned", () => BigUint64Array.from({ length: size }, bits)],
])("sums and means of 64-bit integers are rounded once, %s", async (_, make) => {
  const stack = Array.from({ length: count }, (): NdArray => ({ data: make(), shape }));
  const exact = Array.from({ length: size }, (_, i) =>
    stack.reduce((total, { data }) => total + (data[i] as bigint), 0n),
  );
  const folder = await mkdtemp(join(tmpdir(), "firstlight-wide-"));
  try {
    const paths = stack.map((_, k) => join(folder, `${k}.fits`));
    for (const [k, image] of stack.entries())
      await writeFile(paths[k] as string, encodeFits([{ header: new Header(), image }]));
    const frames = stack.map((image) => ({ header: new Header(), image }));
    const mask = { data: new Uint32Array(size), shape };
    const masked = [
      ...frames.map((frame) => ({ ...frame, mask })),
      { ...frames[0]!, mask: { data: new Uint32Array(size).fill(1), shape } },
    ];
    const sums = [
      (await sum(stack)).data,
      (await sum(frames)).image.data,
      (await sum(paths)).image.data,
      (await sum(masked, { leaveOut: 1 })).image.data,
    ];
    for (const found of sums) expect([...found].map(Number)).toEqual(exact.map(Number));
    const means = [
      (await average(stack)).data,
      (await average(paths)).image.data,
      (await average(masked, { leaveOut: 1 })).image.data,
    ];
    for (const found of means)
      expect([...found].map(Number)).toEqual(exact.map((total) => nearest(total, BigInt(count))));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("what cancels beyond 2^53 leaves what numpy leaves", async () => {
  const stack = [2n ** 53n + 1n, -(2n ** 53n)].map((value): NdArray => ({ data: BigInt64Array.of(value), shape: [1] }));
  expect((await sum(stack)).data).toEqual(Float64Array.of(1));
});

test("clipping leaves infinities out, as astropy does", () => {
  const stack = [1, 2, 3, Number.POSITIVE_INFINITY, Number.NaN].map((value): NdArray => {
    return { data: Float64Array.of(value, Number.NEGATIVE_INFINITY), shape: [2] };
  });
  const { mean, kept } = sigmaClippedMean(stack);
  expect([...mean.data, ...kept.data]).toEqual([2, Number.NaN, 3, 0]);
});

test("options that are none are refused", async () => {
  const stack = [{ data: Float64Array.of(1, 2), shape: [1, 2] }];
  const refused = expect.objectContaining({ code: "MATH_OPTION" });
  for (const sigma of [Number.NaN, 0, -1]) expect(() => sigmaClippedMean(stack, { sigma })).toThrow(refused);
  for (const leaveOut of [Number.NaN, -1, 0.5]) {
    await expect(average(stack, { leaveOut })).rejects.toEqual(refused);
    await expect(sum(stack, { leaveOut })).rejects.toEqual(refused);
  }
  for (const percent of [-1, 101, Number.NaN])
    await expect(percentilesAcross(stack, [percent])).rejects.toEqual(refused);
  expect(() => renderPng(stack[0]!, { scale: 1e6 })).toThrow(refused);
  const path = join(await mkdtemp(join(tmpdir(), "firstlight-option-")), "a.fits");
  await writeFile(path, encodeFits([{ header: new Header(), image: stack[0]! }]));
  for (const maxOpenFiles of [0, Number.NaN, -1, 1.5]) {
    await expect(average([path], { maxOpenFiles })).rejects.toEqual(refused);
    await expect(percentilesAcross([path], [50], { maxOpenFiles })).rejects.toEqual(refused);
  }
  await rm(join(path, ".."), { recursive: true });
});
