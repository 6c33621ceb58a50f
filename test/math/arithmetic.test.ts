import { describe, expect, test } from "vitest";
import { Header } from "../../src/fits/header.ts";
import { add, divide, multiply, subtract } from "../../src/math/arithmetic.ts";

const row = <T extends Float32Array | Float64Array | Uint16Array>(data: T) => ({ data, shape: [1, data.length] });

describe("arithmetic over arrays", () => {
  test("does not wrap unsigned integers", () => {
    expect(subtract(row(Uint16Array.of(1, 65535)), row(Uint16Array.of(3, 0))).data).toEqual(Float32Array.of(-2, 65535));
    expect(add(row(Uint16Array.of(65535)), 65535).data).toEqual(Float32Array.of(131070));
  });

  test("rounds once, from float64, and keeps float64 where an operand has it", () => {
    const sum = add(row(Float32Array.of(0.1)), row(Float64Array.of(0.2)));
    expect(sum.data).toEqual(Float64Array.of(Math.fround(0.1) + 0.2));
    expect(multiply(row(Float32Array.of(0.1)), 0.3).data).toEqual(Float32Array.of(Math.fround(0.1) * 0.3));
  });

  test("divides by zero as IEEE does", () => {
    const quotient = divide(row(Float64Array.of(1, 0, -1)), row(Float64Array.of(0, 0, 0)));
    expect(quotient.data).toEqual(Float64Array.of(Number.POSITIVE_INFINITY, Number.NaN, Number.NEGATIVE_INFINITY));
  });

  test("covers every element of arrays longer than a chunk, and leaves its operands alone", () => {
    const a = row(Float32Array.from({ length: 5001 }, (_, i) => i));
    const b = row(Float32Array.from({ length: 5001 }, (_, i) => 2 * i));
    expect(subtract(b, a).data).toEqual(a.data);
    expect(a.data[5000]).toBe(5000);
    expect(b.data[5000]).toBe(10000);
  });

  test("refuses shapes that differ, even of one size, and names both", () => {
    const tall = { data: new Float32Array(6), shape: [3, 2] };
    const wide = { data: new Float32Array(6), shape: [2, 3] };
    expect(() => divide(tall, wide)).toThrow(
      expect.objectContaining({ code: "ARRAY_SHAPE", message: expect.stringMatching(/divide .* 3 x 2 and 2 x 3/) }),
    );
  });

  test("refuses data that do not fill their shape", () => {
    expect(() => add({ data: new Float32Array(5), shape: [2, 3] }, 1)).toThrow(
      expect.objectContaining({ code: "ARRAY_SHAPE" }),
    );
  });
});

describe("arithmetic over frames", () => {
  const frame = (value: number, variance: number, flag: number) => ({
    header: Header.from({ VALUE: value }),
    image: row(Float64Array.of(value)),
    mask: { data: Uint32Array.of(flag), shape: [1, 1] },
    variance: row(Float64Array.of(variance)),
  });

  test("gives the result a mask of its own", () => {
    const flat = frame(4, 2, 4);
    const raw = { header: new Header(), image: row(Float64Array.of(12)) };
    const quotient = divide(raw, flat);
    expect(quotient.mask?.data).toEqual(Uint32Array.of(4));
    quotient.mask!.data[0] = 64;
    expect(flat.mask.data).toEqual(Uint32Array.of(4));
  });

  test("propagates variances to first order and merges masks", () => {
    const a = frame(12, 3, 1);
    const b = frame(4, 2, 4);
    expect(add(a, b).variance?.data[0]).toBe(5);
    expect(subtract(a, b).variance?.data[0]).toBe(5);
    expect(multiply(a, b).variance?.data[0]).toBe(3 * 16 + 2 * 144);
    expect(divide(a, b).variance?.data[0]).toBe((3 + 2 * 9) / 16);
    expect(divide(a, b).mask?.data[0]).toBe(5);
    expect(divide(a, b).header.get("VALUE")).toBe(12);
  });

  test("takes a number or an array without variance as exact", () => {
    expect(divide(frame(12, 3, 0), 2).variance?.data[0]).toBe(0.75);
    expect(multiply(frame(12, 3, 0), row(Float64Array.of(10))).variance?.data[0]).toBe(300);
    const { header, image } = frame(12, 3, 0);
    expect(subtract({ header, image }, frame(4, 2, 0)).variance?.data[0]).toBe(2);
  });

  test("gives the result a header of its own", () => {
    const a = frame(12, 3, 0);
    subtract(a, 1).header.set("VALUE", 0);
    expect(a.header.get("VALUE")).toBe(12);
  });

  test("adds no mask and no variance where there are none", () => {
    const { header, image } = frame(12, 3, 0);
    expect(Object.keys(subtract({ header, image }, image)).sort()).toEqual(["header", "image"]);
  });
});
