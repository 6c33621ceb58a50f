import { describe, expect, test } from "vitest";
import type { NdArray } from "../../src/core/ndarray.ts";
import type { Frame } from "../../src/fits/frame.ts";
import { Header } from "../../src/fits/header.ts";
import { combine, leftMultiply } from "../../src/math/left-multiply.ts";

const array = (shape: readonly number[], ...values: number[]): NdArray => ({ data: Float64Array.from(values), shape });

describe("leftMultiply", () => {
  test("one matrix for many vectors, one for each, and one vector for many matrices", () => {
    const one = array([2, 2], 1, 2, 3, 4);
    expect(leftMultiply(one, array([3, 2], 1, 0, 0, 1, 1, 1))).toEqual(array([3, 2], 1, 3, 2, 4, 3, 7));
    const two = array([2, 2, 2], 1, 0, 0, 1, 0, 1, 1, 0);
    expect(leftMultiply(two, array([2, 2], 5, 6, 7, 8))).toEqual(array([2, 2], 5, 6, 8, 7));
    expect(leftMultiply(two, array([2], 5, 6))).toEqual(array([2, 2], 5, 6, 6, 5));
    expect(leftMultiply(array([1, 2], 2, 3), array([2], 5, 6))).toEqual(array([1], 28));
  });

  test.each([
    [array([2], 1, 2), array([2], 1, 2)],
    [array([2, 2], 1, 2, 3, 4), array([3], 1, 2, 3)],
    [array([2, 1, 1], 1, 2), array([3, 1], 1, 2, 3)],
  ])("refuses shapes that do not fit, and names both", (matrices, vectors) => {
    expect(() => leftMultiply(matrices, vectors)).toThrow(expect.objectContaining({ code: "ARRAY_SHAPE" }));
  });
});

describe("combine", () => {
  const frame = (values: readonly number[], variance?: readonly number[], flags?: readonly number[]): Frame => ({
    header: Header.from({ OBJECT: "Sun" }),
    image: { data: Float32Array.from(values), shape: [1, 2] },
    ...(variance === undefined ? {} : { variance: { data: Float32Array.from(variance), shape: [1, 2] } }),
    ...(flags === undefined ? {} : { mask: { data: Uint32Array.from(flags), shape: [1, 2] } }),
  });

  test("demodulates: linear combinations with squared weights for the variances, and all flags", () => {
    const states = [frame([3, 5], [1, 2], [0, 4]), frame([1, 1], [1, 2], [1, 0])];
    const [i, q] = combine(states, array([2, 2], 0.5, 0.5, 0.5, -0.5));
    expect(i?.image).toEqual({ data: Float32Array.of(2, 3), shape: [1, 2] });
    expect(q?.image.data).toEqual(Float32Array.of(1, 2));
    expect(q?.variance?.data).toEqual(Float32Array.of(0.5, 1));
    expect(q?.mask?.data).toEqual(Uint32Array.of(1, 4));
    expect(q?.header.get("OBJECT")).toBe("Sun");
    expect(q?.mask?.data).not.toBe(i?.mask?.data);
  });

  test("takes a matrix for each pixel, and adds neither mask nor variance", () => {
    const [only] = combine([frame([3, 5]), frame([1, 1])], array([1, 2, 1, 2], 1, 0, 0, 1));
    expect(only?.image.data).toEqual(Float32Array.of(3, 1));
    expect(only).not.toHaveProperty("mask");
    expect(only).not.toHaveProperty("variance");
  });

  test("refuses no frames, and a matrix that does not fit", () => {
    expect(() => combine([], array([1, 1], 1))).toThrow(expect.objectContaining({ code: "ARRAY_EMPTY" }));
    expect(() => combine([frame([1, 2])], array([1, 2], 1, 1))).toThrow(
      expect.objectContaining({ code: "ARRAY_SHAPE" }),
    );
  });
});
