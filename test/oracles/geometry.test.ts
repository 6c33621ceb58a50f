import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { NdArray } from "../../src/core/ndarray.ts";
import { real } from "../../src/core/scalar.ts";
import type { Frame } from "../../src/fits/frame.ts";
import { Header } from "../../src/fits/header.ts";
import {
  affineTransform,
  bin,
  cut,
  flip,
  type Interpolation,
  random,
  resize,
  resizeLocalMean,
  rotate,
  shift,
} from "../../src/math/index.ts";
import { ask, astropy, describeWith } from "./fits-oracle.ts";

const shape = [18, 24] as const;
const draws = random("geometry");
const image = { data: Float64Array.from({ length: 18 * 24 }, () => 100 + 10 * draws.gaussian()), shape };
const cube = { data: Float64Array.from({ length: 4 * 6 * 10 }, () => draws.gaussian()), shape: [4, 6, 10] };

const given = ({ data, shape: lengths }: NdArray) => ({
  data: Array.from(data as Float64Array, (value) => (Number.isNaN(value) ? null : value)),
  shape: lengths,
});

async function differences(cases: readonly object[]): Promise<readonly (number | string)[]> {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-geometry-"));
  try {
    const path = join(folder, "cases.json");
    await writeFile(path, JSON.stringify(cases));
    return JSON.parse(ask(astropy, [fileURLToPath(new URL("geometry.py", import.meta.url)), path])) as (
      | number
      | string
    )[];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** scipy's order of the interpolations that it has too. */
const orders: readonly (readonly [Interpolation, number])[] = [
  ["nearest", 0],
  ["bilinear", 1],
  ["spline2", 2],
  ["spline3", 3],
  ["spline4", 4],
  ["spline5", 5],
];
const matrix = [
  [0.9, 0.21],
  [-0.17, 1.13],
];
const offset = [0.3712, 1.9034];

describeWith(astropy, () => {
  test("and numpy flip and bin as we do, to the last digit", async () => {
    const method = ["sum", "mean"] as const;
    const whole = { data: Uint16Array.from(image.data, (value) => 600 * value), shape };
    const cases = [
      { what: "flip", axes: [0], ours: flip(image, [0]) },
      { what: "flip", axes: [0, 1], ours: flip(image) },
      { what: "flip", axes: [1], image: cube, ours: flip(cube, [1]) },
      { what: "flip", axes: [0, 2], image: cube, ours: flip(cube, [0, 2]) },
      ...method.map((each) => ({
        what: "bin",
        method: each,
        factors: [3, 4],
        image: whole,
        ours: bin(whole, [3, 4], { method: each, precision: "float64" }),
      })),
      { what: "bin", method: "sum", factors: [2, 3, 5], image: cube, ours: bin(cube, [2, 3, 5], { method: "sum" }) },
      { what: "bin", method: "mean", factors: [9, 2], ours: bin(image, [9, 2]) },
    ].map(({ ours, ...more }) => ({
      image: given(image),
      ...more,
      ...("image" in more ? { image: given(more.image as NdArray) } : {}),
      ours: given(ours),
    }));
    const [a, b, c, d, sum, mean, real3, real2] = await differences(cases);
    expect([a, b, c, d, sum, mean]).toEqual([0, 0, 0, 0, 0, 0]);
    // numpy adds pairwise, we in turn: reals agree to a few digits of their last place.
    expect(real3).toBeLessThan(1e-14);
    expect(real2).toBeLessThan(1e-13);
  });

  test("and scipy.ndimage interpolate as we do: 1e-11 of values of 100", async () => {
    const cases = orders.flatMap(([interpolation, order]) => {
      const size = [20, 17] as const;
      const with_ = (outside: "fill" | "nearest" | "mirror") => ({ interpolation, outside, size });
      return [
        {
          what: "affine",
          order,
          matrix,
          offset,
          size,
          ours: affineTransform(image, { matrix, offset }, with_("fill")),
        },
        {
          what: "affine",
          order,
          matrix,
          offset,
          size,
          mode: "mirror",
          ours: affineTransform(image, { matrix, offset }, with_("mirror")),
        },
        {
          what: "affine",
          order,
          matrix,
          offset,
          size,
          mode: "nearest",
          ours: affineTransform(image, { matrix, offset }, with_("nearest")),
        },
        { what: "shift", order, by: [1.25, -2.6], ours: shift(image, [1.25, -2.6], { interpolation }) },
        // scipy turns rows towards columns.
        { what: "rotate", order, degrees: -23, ours: rotate(image, 23, { interpolation }) },
        {
          what: "zoom",
          order,
          size: [40, 31],
          ours: resize(image, [40, 31], { interpolation, outside: order < 2 ? "nearest" : "mirror" }),
        },
      ].map(({ ours, ...more }) => ({ ...more, image: given(image), ours: given(ours) }));
    });
    const found = await differences(cases);
    const apart = found.flatMap((each, i) =>
      typeof each === "number" && each < 1e-11
        ? []
        : [`${JSON.stringify({ ...cases[i], image: 0, ours: 0 })}: ${each}`],
    );
    expect(apart).toEqual([]);
  });

  test("finds every feature of a moved frame at its old world coordinates", async () => {
    const header = Header.from({
      CTYPE1: "HPLN-TAN-SIP",
      CTYPE2: "HPLT-TAN-SIP",
      CUNIT1: "arcsec",
      CUNIT2: "arcsec",
      CRPIX1: 11.25,
      CRPIX2: real(8),
      CRVAL1: real(40),
      CRVAL2: real(-20),
      CDELT1: 0.6,
      CDELT2: 0.55,
      PC1_2: -0.2,
      PC2_1: 0.18,
      A_ORDER: 2,
      A_2_0: 1e-4,
      B_ORDER: 2,
      B_1_1: -2e-4,
    });
    // Pixels that say where they are: interpolated, they tell where each new pixel was.
    const where = (axis: 0 | 1): Frame => ({
      header,
      image: { data: Float64Array.from(image.data, (_, i) => (axis === 0 ? Math.floor(i / 24) : i % 24)), shape },
    });
    const moves: Readonly<Record<string, (frame: Frame) => Frame>> = {
      cut: (frame) =>
        cut(frame, [
          { start: 3, stop: 15 },
          { start: 5, stop: 20 },
        ]),
      "flip of both axes": (frame) => flip(frame),
      "flip of rows": (frame) => flip(frame, [0]),
      bin: (frame) => bin(frame, [3, 2]),
      resize: (frame) => resize(frame, [27, 32], { outside: "fill" }),
      "local mean": (frame) => resizeLocalMean(frame, [9, 8]),
      rotate: (frame) => rotate(frame, 31),
      "rotate by a quarter": (frame) => rotate(frame, 90, { interpolation: "bilinear" }),
      "rotate about a point": (frame) => rotate(frame, -12.5, { about: [2, 17.5], interpolation: "bicubic" }),
      shift: (frame) => shift(frame, [2.5, -1.25], { interpolation: "bilinear" }),
      affine: (frame) => affineTransform(frame, { matrix, offset }, { size: [20, 17] }),
    };
    const cases = Object.entries(moves).map(([name, move]) => {
      const [rows, columns] = [move(where(0)), move(where(1))];
      expect(rows.header.cards.map((card) => card.image)).toEqual(columns.header.cards.map((card) => card.image));
      const width = rows.image.shape[1]!;
      const pixels = Array.from(rows.image.data as Float64Array, (row, i) => [
        Number(columns.image.data[i]) + 1,
        row + 1,
        (i % width) + 1,
        Math.floor(i / width) + 1,
      ]).filter((pixel) => !pixel.some(Number.isNaN));
      expect(pixels.length, name).toBeGreaterThan(60);
      const text = (from: Header) => from.cards.map((card) => card.image).join("");
      return { what: "world", before: text(header), after: text(rows.header), pixels };
    });
    const found = await differences(cases);
    const apart = Object.keys(moves).flatMap((name, i) => (Number(found[i]) < 1e-10 ? [] : [`${name}: ${found[i]}°`]));
    expect(apart).toEqual([]);
  });
});
