import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  atNearestWavelength,
  byWavelength,
  interpolatedAtWavelength,
  parameterOfArm,
  type WavelengthInterpolation,
} from "../../src/tasks/index.ts";

const gain = { wavelength: [500, 600, 650, 800, 854], values: [1, 3, 2, 5, 4.5] };
const invalid = (...words: readonly string[]) =>
  expect.objectContaining({ code: "PARAMETERS_INVALID", message: expect.stringMatching(words.join(".*")) });

describe("a parameter by wavelength", () => {
  test("the nearest is taken, and of two as near the smaller", () => {
    expect([499, 549, 550, 551, 625, 9999].map((at) => atNearestWavelength(gain, at))).toEqual([1, 1, 1, 3, 3, 4.5]);
    const names = { wavelength: [854, 630], values: ["red", "orange"] };
    expect(atNearestWavelength(names, 742)).toBe("orange");
    expect(() => atNearestWavelength(gain, Number.NaN)).toThrow(invalid("NaN"));
  });

  // By scipy.interpolate.griddata.
  test.each<[WavelengthInterpolation, readonly number[]]>([
    ["nearest", [1, 1, 3, 3, 2, 4.5, 4.5, 1]],
    ["linear", [1, 2, 2.51, 2.5, 3, 4.5, Number.NaN, Number.NaN]],
    [
      "cubic",
      [1, 3.528977896951754, 3.4785946057361796, 2.3971944072025777, 2.48468179927875, 4.5, Number.NaN, Number.NaN],
    ],
  ])("between wavelengths it is what scipy finds, and NaN beyond them: %s", (method, expected) => {
    const found = [500, 550, 575.5, 625, 700, 854, 860, 499].map((at) => interpolatedAtWavelength(gain, at, method));
    expect(found).toEqual(expected.map((value) => (Number.isNaN(value) ? value : expect.closeTo(value, 12))));
  });

  test("needs no order of its wavelengths, and enough of them", () => {
    const shuffled = { wavelength: [...gain.wavelength].reverse(), values: [...gain.values].reverse() };
    expect(interpolatedAtWavelength(shuffled, 575.5, "cubic")).toBeCloseTo(3.4785946057361796, 12);
    const three = { wavelength: [1, 2, 3], values: [1, 2, 3] };
    expect(() => interpolatedAtWavelength(three, 2, "cubic")).toThrow(invalid("3 wavelengths", "at least 4"));
    expect(() => interpolatedAtWavelength({ wavelength: [1], values: [1] }, 1)).toThrow(invalid("1 wavelength;"));
  });

  test("four points make one cubic", () => {
    const cubic = (x: number): number => x ** 3 - 2 * x + 1;
    const wavelength = [0, 1, 3, 4];
    const parameter = { wavelength, values: wavelength.map(cubic) };
    expect(interpolatedAtWavelength(parameter, 2.2, "cubic")).toBeCloseTo(cubic(2.2), 12);
  });

  test.each([
    [{ wavelength: [1, 2], values: [1] }, "as many values as wavelengths, found 1 for 2"],
    [{ wavelength: [1, 1], values: [1, 2] }, "each wavelength once"],
    [{ wavelength: [], values: [] }, "Too small"],
    [{ wavelength: [1], values: ["a"] }, "expected number"],
  ])("%j is refused", (value, problem) => {
    const parsed = byWavelength(z.number()).safeParse(value);
    expect(parsed.success).toBe(false);
    expect(z.prettifyError(parsed.error as z.ZodError)).toContain(problem);
  });
});

test("a parameter of an arm ends with the arm in small letters, and says which there are", () => {
  const parameters = { mycam_border_vis: 12, mycam_border_nir: 8, other: "no" };
  const border: number = parameterOfArm(parameters, "mycam_border", "NIR");
  expect(border).toBe(8);
  expect(() => parameterOfArm(parameters, "mycam_border", "UV")).toThrow(
    invalid("mycam_border_uv", "mycam_border_vis, mycam_border_nir"),
  );
  expect(() => parameterOfArm(parameters, "toString", "")).toThrow(invalid("None begins with"));
});
