import { PNG } from "pngjs";
import { describe, expect, test } from "vitest";
import { renderPng } from "../../src/math/png.ts";
import { zscale } from "../../src/math/zscale.ts";

const linear = { stretch: "linear", limits: { values: [0, 254] } } as const;

function pixels(bytes: Uint8Array): { width: number; height: number; at: (x: number, y: number) => number[] } {
  const { width, height, data } = PNG.sync.read(Buffer.from(bytes));
  return { width, height, at: (x, y) => [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)] };
}

describe("renderPng", () => {
  test("puts the first row at the bottom", () => {
    const drawn = pixels(renderPng({ data: Uint8Array.of(0, 100, 200, 254, 50, 25), shape: [2, 3] }, linear));
    expect([drawn.width, drawn.height]).toEqual([3, 2]);
    expect(drawn.at(0, 1)).toEqual([0, 0, 0, 255]);
    expect(drawn.at(1, 1)).toEqual(
      [100, 100, 100, 255].map((value) => (value === 255 ? 255 : Math.round((100 * 255) / 254))),
    );
    expect(drawn.at(0, 0)).toEqual([255, 255, 255, 255]);
  });

  test("draws NaN in a colour that no map has, and clips infinities", () => {
    const image = {
      data: Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
      shape: [1, 3],
    };
    const drawn = pixels(renderPng(image, linear));
    expect([drawn.at(0, 0), drawn.at(1, 0), drawn.at(2, 0)]).toEqual([
      [255, 0, 255, 255],
      [255, 255, 255, 255],
      [0, 0, 0, 255],
    ]);
  });

  test("enlarges by whole factors", () => {
    const drawn = pixels(renderPng({ data: Uint8Array.of(0, 254), shape: [1, 2] }, { ...linear, scale: 3 }));
    expect([drawn.width, drawn.height]).toEqual([6, 3]);
    expect([drawn.at(2, 2)[0], drawn.at(3, 0)[0]]).toEqual([0, 255]);
  });

  test.each(["linear", "asinh", "log"] as const)(
    "stretches by %s from the lower limit to the upper, never falling",
    (stretch) => {
      const image = { data: Float64Array.from({ length: 101 }, (_, i) => i), shape: [1, 101] };
      const drawn = pixels(renderPng(image, { stretch, limits: { values: [0, 100] } }));
      const shades = Array.from({ length: 101 }, (_, x) => drawn.at(x, 0)[0]!);
      expect([shades[0], shades[100]]).toEqual([0, 255]);
      expect(shades.toSorted((a, b) => a - b)).toEqual(shades);
      expect(shades[10]! > 40).toBe(stretch !== "linear");
    },
  );

  test("stretches between percentiles, of its own accord from 0.5 to 99.5", () => {
    const image = { data: Float64Array.from({ length: 1001 }, (_, i) => (i === 1000 ? 1e6 : i)), shape: [1, 1001] };
    const shades = (options: object) => {
      const drawn = pixels(renderPng(image, { stretch: "linear", ...options }));
      return Array.from({ length: 1001 }, (_, x) => drawn.at(x, 0)[0]!);
    };
    const found = shades({ limits: { percentiles: [10, 60] } });
    expect([found.lastIndexOf(0), found.indexOf(255)]).toEqual([100, 600]);
    expect(found[350]).toBe(Math.round((127 * 255) / 254));
    expect(shades({})).toEqual(shades({ limits: { percentiles: [0.5, 99.5] } }));
    expect(shades({})).not.toEqual(found);
    expect(() => shades({ limits: { percentiles: [-1, 60] } })).toThrow(
      expect.objectContaining({ code: "MATH_OPTION" }),
    );
  });

  test("paints with a colour map", () => {
    const image = { data: Uint8Array.of(0, 254), shape: [1, 2] };
    const viridis = pixels(renderPng(image, { ...linear, colourMap: "viridis" }));
    expect([viridis.at(0, 0), viridis.at(1, 0)]).toEqual([
      [68, 1, 84, 255],
      [253, 231, 37, 255],
    ]);
  });

  test("draws an image of one value, and one of NaN only", () => {
    for (const value of [5, Number.NaN]) {
      const image = { data: new Float32Array(4).fill(value), shape: [2, 2] };
      expect(pixels(renderPng(image, { limits: "zscale" })).width).toBe(2);
      expect(pixels(renderPng(image)).width).toBe(2);
    }
  });

  test("refuses what is not an image", () => {
    expect(() => renderPng({ data: new Uint8Array(8), shape: [2, 2, 2] })).toThrow(
      expect.objectContaining({ code: "ARRAY_SHAPE" }),
    );
  });
});

describe("zscale", () => {
  test("of a ramp is its whole range", () => {
    expect(zscale({ data: Float64Array.from({ length: 1000 }, (_, i) => i), shape: [1000] })).toEqual([0, 999]);
  });

  test("does not follow a few bright pixels", () => {
    const data = Float64Array.from({ length: 1000 }, (_, i) => (i < 20 ? 1e6 : 100 + (i % 50)));
    const [low, high] = zscale({ data, shape: [1000] });
    expect(low).toBe(100);
    expect(high).toBeLessThan(400);
  });
});
