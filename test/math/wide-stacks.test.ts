import { expect, test } from "vitest";
import { Header } from "../../src/fits/index.ts";
import { medianAcross, percentilesAcross, sigmaClippedMean, sigmaClippedMeanAcross } from "../../src/math/index.ts";

const shape = [3];
const base = 2n ** 62n;
// The middle two of each pixel lie where a float64 knows but every 512th or 1024th integer.
const signed = [
  [base + 2000n, -base - 700n, 5n],
  [base + 1n, -base - 1n, 2n],
  [base + 1026n, -base - 900n, 9n],
  [base + 3n, -base - 901n, 4n],
].map((pixels) => ({ data: BigInt64Array.from(pixels), shape }));
const unsigned = signed.map(({ data }) => ({ data: BigUint64Array.from(data, (value) => value + 2n ** 63n), shape }));

/** Of an even count; `Number` rounds once. */
function medianOf(values: readonly bigint[]): number {
  const [low = 0n, high = 0n] = values.toSorted((a, b) => (a < b ? -1 : 1)).slice(values.length / 2 - 1);
  return Number(((low + high) * 2n ** 20n) / 2n) / 2 ** 20;
}

const medians = (stack: readonly { readonly data: BigInt64Array | BigUint64Array }[]) =>
  Float64Array.from(
    shape.flatMap((n) => Array.from({ length: n }, (_, i) => medianOf(stack.map(({ data }) => data[i]!)))),
  );

test.each([
  ["int64", signed],
  ["uint64", unsigned],
])("medians across a stack of %s are rounded once", async (_type, stack) => {
  expect((await medianAcross(stack)).data).toEqual(medians(stack));
  const [least, middle] = await percentilesAcross(stack, [0, 50]);
  expect(middle?.data).toEqual(medians(stack));
  const least64 = shape.flatMap((n) =>
    Array.from({ length: n }, (_, i) => Number(stack.map(({ data }) => data[i]!).reduce((a, b) => (a < b ? a : b)))),
  );
  expect(Array.from(least!.data)).toEqual(least64);
  const single = (await medianAcross(stack, { precision: "float32" })).data;
  expect(single).toEqual(Float32Array.from(medians(stack)));
});

test("pixels that masks leave out count for nothing, and the others for all their digits", async () => {
  const frames = signed.map(({ data }, k) => ({
    header: new Header(),
    image: { data: data.slice(0, 1), shape: [1] },
    mask: { data: Uint32Array.of(k < 2 ? 1 : 0), shape: [1] },
  }));
  expect((await medianAcross(frames, { leaveOut: 1 })).image.data).toEqual(
    Float64Array.of(medianOf([base + 1026n, base + 3n])),
  );
  const none = frames.map(({ header, image }) => ({ header, image, mask: { data: Uint32Array.of(1), shape: [1] } }));
  expect((await medianAcross(none, { leaveOut: 1 })).image.data).toEqual(Float64Array.of(Number.NaN));
});

test("a clipped mean leaves out by distances that a float64 of the values would not show", async () => {
  // As float64 all are 2^62, and none of them is out.
  const values = [...Array.from({ length: 19 }, (_, k) => base + BigInt(k % 3)), base + 250n, base + 1600n];
  const stack = values.map((value) => ({ data: BigInt64Array.of(value), shape: [1] }));
  const { mean, kept } = sigmaClippedMean(stack, { sigma: 3 });
  expect(kept.data).toEqual(Uint32Array.of(19));
  expect(mean.data).toEqual(Float64Array.of(2 ** 62));
  expect((await sigmaClippedMeanAcross(stack)).kept.data).toEqual(Uint32Array.of(19));
});

test("values further apart than 2^53 are off by no more than rounding", async () => {
  const stack = [-(2n ** 63n), 2n ** 63n - 1n, 1n, 2n ** 60n + 1n].map((value) => ({
    data: BigInt64Array.of(value),
    shape: [1],
  }));
  expect((await medianAcross(stack)).data).toEqual(Float64Array.of(2 ** 59));
});
