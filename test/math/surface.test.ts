import { describe, expect, test } from "vitest";
import { emptyMask } from "../../src/math/flags.ts";
import { random } from "../../src/math/random.ts";
import { fitSurface } from "../../src/math/surface.ts";

const [rows, columns] = [50, 70];
const shape = [rows, columns];
const polynomial = (row: number, column: number): number => {
  const [x, y] = [column / 70, row / 50];
  return 3 + 2 * x - y + 4 * x * y * y - 3 * x ** 3 + 0.5 * y ** 4;
};
const exact = Float64Array.from({ length: rows * columns }, (_, i) => polynomial(Math.floor(i / columns), i % columns));

describe("fitSurface", () => {
  test("gives a polynomial of its degree back", () => {
    const { data } = fitSurface({ data: exact, shape }, { degree: 4 });
    for (let i = 0; i < data.length; i++) expect(Math.abs(data[i]! - exact[i]!)).toBeLessThan(1e-10);
  });

  test("leaves flagged pixels and NaN out, and covers them", () => {
    const image = { data: exact.slice(), shape };
    const mask = emptyMask(shape);
    for (let i = 0; i < 500; i++) {
      image.data[7 * i] = i % 2 === 0 ? 1e9 : Number.NaN;
      if (i % 2 === 0) mask.data[7 * i] = 1;
    }
    const { data } = fitSurface(image, { mask });
    for (let i = 0; i < data.length; i++) expect(Math.abs(data[i]! - exact[i]!)).toBeLessThan(1e-9);
  });

  test("leaves infinities out, and covers them", () => {
    const image = { data: exact.slice(), shape };
    image.data[100] = Number.POSITIVE_INFINITY;
    image.data[2000] = Number.NEGATIVE_INFINITY;
    const { data } = fitSurface(image);
    for (let i = 0; i < data.length; i++) expect(Math.abs(data[i]! - exact[i]!)).toBeLessThan(1e-9);
  });

  test("averages noise down to the share of its few unknowns", () => {
    const draws = random("surface");
    const noisy = exact.map((value) => value + 0.1 * draws.gaussian());
    const { data } = fitSurface({ data: noisy, shape });
    const squares = data.reduce((sum, value, i) => sum + (value - exact[i]!) ** 2, 0);
    // 15 unknowns of 3500 pixels: 0.1 · √(15/3500) = 0.0065.
    expect(Math.sqrt(squares / data.length)).toBeLessThan(0.0095);
  });

  test("says so where too few pixels are left", () => {
    const data = new Float64Array(rows * columns).fill(Number.NaN);
    data.set([1, 2, 3], 100);
    expect(() => fitSurface({ data, shape })).toThrow(expect.objectContaining({ code: "MATH_SINGULAR" }));
  });
});
