import { describe, expect, test } from "vitest";
import { isReal, plain, pythonFloat, pythonStr, Real, real } from "../../src/core/scalar.ts";

/** What CPython 3.11 prints for `repr(float)`. */
const floats: readonly (readonly [number, string])[] = [
  [10, "10.0"],
  [0, "0.0"],
  [-0, "-0.0"],
  [0.1, "0.1"],
  [1e-5, "1e-05"],
  [1.5e-5, "1.5e-05"],
  [9.999e-5, "9.999e-05"],
  [0.0001, "0.0001"],
  [0.00012345678901234567, "0.00012345678901234567"],
  [1e-7, "1e-07"],
  [1e-10, "1e-10"],
  [1e-100, "1e-100"],
  [1e15, "1000000000000000.0"],
  [9999999999999998, "9999999999999998.0"],
  [1e16, "1e+16"],
  [1.2345678901234568e16, "1.2345678901234568e+16"],
  [-1e16, "-1e+16"],
  [1e21, "1e+21"],
  [1e22, "1e+22"],
  [123456789.123, "123456789.123"],
  [0.1 + 0.2, "0.30000000000000004"],
  [5e-324, "5e-324"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
  [2.2250738585072014e-308, "2.2250738585072014e-308"],
  [Number.NaN, "nan"],
  [Number.POSITIVE_INFINITY, "inf"],
  [Number.NEGATIVE_INFINITY, "-inf"],
];

test.each(floats)("the float %d is spelt %s, as Python spells it", (value, text) => {
  expect(pythonFloat(value)).toBe(text);
});

test.each(floats.filter(([value]) => Number.isFinite(value)))("%d survives its spelling", (value, text) => {
  expect(Object.is(Number(text), value)).toBe(true);
});

describe("str of a scalar", () => {
  test.each([
    [real(10), "10.0"],
    [10, "10"],
    [-0, "0"],
    [1e21, "1000000000000000000000"],
    [2.5, "2.5"],
    [1e-5, "1e-05"],
    [9007199254740993n, "9007199254740993"],
    [true, "True"],
    [false, "False"],
    ["text", "text"],
    [new Real(-0), "-0.0"],
    [Number.NaN, "nan"],
    [new Real(Number.POSITIVE_INFINITY), "inf"],
  ] as const)("of %o is %s", (value, text) => {
    expect(pythonStr(value)).toBe(text);
  });
});

test("a real that is no whole number needs no wrapping", () => {
  expect(real(2.5)).toBe(2.5);
  expect(real(2)).toBeInstanceOf(Real);
  expect(Number(real(2))).toBe(2);
  expect(`${real(2)}`).toBe("2.0");
});

test("plain takes the wrapping off", () => {
  expect([plain(real(2)), plain("a"), plain(3n), plain(true), plain(2.5)]).toEqual([2, "a", 3n, true, 2.5]);
});

test("a real of another copy of the library is recognised", async () => {
  const copy = (await import(`../../src/core/scalar.ts?${"copy"}`)) as typeof import("../../src/core/scalar.ts");
  const ten = copy.real(10);
  expect(ten).not.toBeInstanceOf(Real);
  expect([isReal(ten), copy.isReal(real(10)), plain(ten), pythonStr(ten)]).toEqual([true, true, 10, "10.0"]);
});

test.each([[10], [{ value: 10 }], ["10.0"], [undefined], [null]])("%o is no real of ours", (value) => {
  expect(isReal(value)).toBe(false);
});

test("the brand of a real does not show", () => {
  expect(Reflect.ownKeys(new Real(10))).toEqual(["value"]);
});
