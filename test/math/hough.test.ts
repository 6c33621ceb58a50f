import { describe, expect, test } from "vitest";
import type { NdArray } from "../../src/core/ndarray.ts";
import { houghAngle, houghLines } from "../../src/math/hough.ts";
import { makeBinary, otsuThreshold } from "../../src/math/otsu.ts";
import { random } from "../../src/math/random.ts";

/** Three dark hairlines on a bright ground, turned by `angle` from the columns. */
function hairlines(angle: number): NdArray<Float32Array> {
  const [rows, columns] = [120, 160];
  const noise = random("hairlines");
  const data = Float32Array.from({ length: rows * columns }, (_, i) => {
    const [x, y] = [i % columns, Math.floor(i / columns)];
    const distance = x * Math.cos(angle) + y * Math.sin(angle);
    const isLine = [40, 80, 120].some((line) => Math.abs(distance - line) < 1);
    return (isLine ? 200 : 1000) + 20 * noise.gaussian();
  });
  return { data, shape: [rows, columns] };
}

describe("the angle of lines", () => {
  test.each([0.05, -0.13, 0.3])("of %d radians is found to a milliradian", (angle) => {
    const lines = houghLines(makeBinary(hairlines(angle)), { angles: [-0.5, 0.5], count: 600 });
    const found = houghAngle(lines);
    expect(found.isFitted).toBe(true);
    expect(Math.abs(found.angle - angle)).toBeLessThan(1e-3);
  });

  test("is the centre of a normal curve where that is what the votes make", () => {
    const angles = Float64Array.from({ length: 1500 }, (_, k) => -Math.PI / 4 + ((Math.PI / 2) * k) / 1499);
    const votes = Uint32Array.from(angles, (theta) => 1e8 * Math.exp(-((theta - 0.1) ** 2) / 0.08));
    const lines = { accumulator: { data: votes, shape: [1, 1500] }, angles, distances: Float64Array.of(0) };
    expect(houghAngle(lines).angle).toBeCloseTo(0.1, 6);
  });

  test("of an image without lines is none that was fitted", () => {
    const lines = houghLines({ data: new Uint8Array(12), shape: [3, 4] }, { count: 30 });
    expect(houghAngle(lines).isFitted).toBe(false);
  });

  test.each([{ count: 1 }, { angles: [1, -1] as const }, { angles: [0, Number.NaN] as const }])(
    "asked for with %j is refused",
    (options) => {
      const image = { data: new Uint8Array(12), shape: [3, 4] };
      expect(() => houghLines(image, options)).toThrow(expect.objectContaining({ code: "MATH_OPTION" }));
    },
  );
});

describe("Otsu's threshold", () => {
  test("parts two levels at the lower one, of whole numbers and of reals", () => {
    const data = Uint16Array.of(10, 11, 10, 12, 200, 201, 199, 200);
    expect(otsuThreshold({ data, shape: [8] })).toBe(12);
    const threshold = otsuThreshold({ data: Float32Array.from(data), shape: [8] });
    expect(threshold).toBeGreaterThan(11);
    expect(threshold).toBeLessThan(199);
  });

  test("in two rounds parts the darkest of three levels from the others", () => {
    const data = Float64Array.from({ length: 300 }, (_, i) => [0, 50, 400][i % 3]! + (i % 7));
    const ones = (rounds: number) =>
      makeBinary({ data, shape: [300] }, { rounds }).data.reduce((sum, each) => sum + each, 0);
    expect(ones(1)).toBe(200);
    expect(ones(2)).toBe(100);
  });

  test("leaves NaN out, and needs a number", () => {
    expect(makeBinary({ data: Float64Array.of(1, Number.NaN, 9), shape: [3] }).data).toEqual(Uint8Array.of(1, 0, 0));
    expect(() => otsuThreshold({ data: Float64Array.of(Number.NaN), shape: [1] })).toThrow(
      expect.objectContaining({ code: "ARRAY_EMPTY" }),
    );
  });
});
