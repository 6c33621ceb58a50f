import { describe, expect, test } from "vitest";
import type { NdArray } from "../../src/core/ndarray.ts";
import { Header } from "../../src/fits/header.ts";
import { scale, scaleDark } from "../../src/math/scale.ts";

const shape = [1, 3];
const of = (...values: number[]): NdArray<Float64Array> => ({ data: Float64Array.from(values), shape });
const frame = (image: NdArray, variance?: NdArray) => ({
  header: new Header(),
  image,
  ...(variance === undefined ? {} : { variance }),
});

describe("scale", () => {
  test("multiplies pixels, and variances by the square", () => {
    expect([...scale(of(1, 2, -3), 2).data]).toEqual([2, 4, -6]);
    const scaled = scale(frame(of(1, 2, 3), of(1, 4, 9)), 3);
    expect([...scaled.image.data]).toEqual([3, 6, 9]);
    expect([...(scaled.variance?.data ?? [])]).toEqual([9, 36, 81]);
  });

  test("adds what the factor itself does not know, also to a frame without variance", () => {
    const scaled = scale(frame(of(1, 2, 3)), 3, { factorVariance: 0.25 });
    expect([...(scaled.variance?.data ?? [])]).toEqual([0.25, 1, 2.25]);
    expect(scale(frame(of(1, 2, 3)), 3).variance).toBeUndefined();
  });
});

describe("a dark at another exposure time", () => {
  test("keeps its bias and scales the rest", () => {
    expect([...scaleDark(of(110, 120, 100), { from: 10, to: 5, bias: of(100, 100, 100) }).data]).toEqual([
      105, 110, 100,
    ]);
    expect([...scaleDark(of(10, 20, 0), { from: 10, to: 5 }).data]).toEqual([5, 10, 0]);
  });

  test("takes the variance of the bias once", () => {
    const [dark, bias] = [frame(of(110, 120, 100), of(4, 4, 4)), frame(of(100, 100, 100), of(1, 1, 1))];
    const { image, variance } = scaleDark(dark, { from: 10, to: 5, bias });
    expect([...image.data]).toEqual([105, 110, 100]);
    expect([...(variance?.data ?? [])]).toEqual([1.25, 1.25, 1.25]);
  });

  test.each([
    [0, 1],
    [-1, 1],
    [1, Number.NaN],
    [1, -1],
  ])("is none from %d to %d", (from, to) => {
    expect(() => scaleDark(of(1, 1, 1), { from, to })).toThrow(expect.objectContaining({ code: "MATH_OPTION" }));
  });
});
