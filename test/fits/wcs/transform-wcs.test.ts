import { describe, expect, test } from "vitest";
import { real } from "../../../src/core/scalar.ts";
import { Header, type HeaderRecord } from "../../../src/fits/header.ts";
import type { PixelMap } from "../../../src/fits/wcs/pixel-map.ts";
import { transformWcs } from "../../../src/fits/wcs/transform-wcs.ts";

const flip: PixelMap = {
  linear: [
    [-1, 0],
    [0, 1],
  ],
  offset: [101, 0],
};
const bin: PixelMap = {
  linear: [
    [2, 0],
    [0, 4],
  ],
  offset: [-0.5, -1.5],
};
const quarterTurn: PixelMap = {
  linear: [
    [0, -1],
    [1, 0],
  ],
  offset: [101, 0],
};
const numbers = (header: Header, ...keys: string[]) => keys.map((key) => (header.has(key) ? header.number(key) : null));
const moved = (record: HeaderRecord, map: PixelMap) => transformWcs(Header.from(record), map);
const linear: HeaderRecord = {
  CTYPE1: "HPLN-TAN",
  CTYPE2: "HPLT-TAN",
  CRPIX1: [real(10), "here"],
  CRPIX2: real(20),
  CDELT1: real(2),
  CDELT2: real(3),
};

describe("the coordinates of moved pixels", () => {
  test("change the sign of an axis that is flipped, and keep comments and all other cards", () => {
    const header = Header.from({ ...linear, CROTA2: 12.5, OBJECT: "Sun", CRVAL1: real(7) });
    const flipped = transformWcs(header, flip);
    expect(numbers(flipped, "CRPIX1", "CRPIX2", "CDELT1", "CDELT2", "CROTA2")).toEqual([91, 20, -2, 3, 12.5]);
    expect(flipped.card("CRPIX1")?.comment).toBe("here");
    expect(flipped.cards.map(({ keyword }) => keyword)).toEqual(header.cards.map(({ keyword }) => keyword));
    expect(flipped.card("OBJECT")?.image).toBe(header.card("OBJECT")?.image);
    expect(header.number("CRPIX1")).toBe(10);
  });

  test("scale CDELT of what is binned, and leave a rotation a rotation", () => {
    const binned = moved({ ...linear, PC1_1: 0.8, PC1_2: -0.6, PC2_1: 0.6, PC2_2: 0.8 }, bin);
    expect(numbers(binned, "CDELT1", "CDELT2", "PC1_1", "PC2_2")).toEqual([4, 12, 0.8, 0.8]);
    expect(numbers(binned, "CRPIX1", "CRPIX2")).toEqual([5.25, 5.375]);
    expect(numbers(binned, "PC1_2", "PC2_1")).toEqual([-1.2, 0.3]);
  });

  test("put a turn into PC where there was none, and take CROTA2 into it", () => {
    expect(numbers(moved(linear, quarterTurn), "PC1_1", "PC1_2", "PC2_1", "PC2_2", "CDELT1")).toEqual([0, -1, 1, 0, 2]);
    const turned = moved({ ...linear, CROTA2: 90 }, quarterTurn);
    expect(turned.has("CROTA2")).toBe(false);
    expect(turned.number("PC1_1")).toBeCloseTo(-1.5, 14);
    expect(turned.number("PC2_2")).toBeCloseTo(-2 / 3, 14);
  });

  test("take CROTA2 for the rotation of the first two axes, also where these are no sky", () => {
    const turned = moved({ ...linear, CTYPE1: "solar_x", CTYPE2: "solar_y", CDELT2: real(2), CROTA2: 90 }, quarterTurn);
    expect(turned.number("PC1_1")).toBeCloseTo(-1, 14);
    expect(turned.number("PC1_2")).toBeCloseTo(0, 14);
  });

  test("of CD leave nothing behind that CD overrules, where that would be untrue", () => {
    const cd = { ...linear, CD1_1: real(2), CD2_2: real(3), CROTA2: 5.5 };
    expect(numbers(moved(cd, quarterTurn), "CD1_1", "CD1_2", "CD2_1", "CDELT1", "CROTA2")).toEqual([
      0,
      -2,
      3,
      null,
      null,
    ]);
    expect(numbers(moved(cd, flip), "CD1_1", "CDELT1", "CROTA2")).toEqual([-2, -2, 5.5]);
  });

  test("move in every alternate system, each by its own cards", () => {
    const header = moved({ ...linear, CTYPE1A: "X", CTYPE1Q: "Y", CRPIX1Q: real(1), CD1_1Q: 0.5 }, flip);
    expect(numbers(header, "CRPIX1", "CRPIX1A", "CRPIX1Q", "CDELT1A", "CD1_1Q", "CDELT1Q")).toEqual([
      91,
      101,
      100,
      -1,
      -0.5,
      null,
    ]);
  });

  test("keep IRAF's physical coordinates", () => {
    const header = moved({ ...linear, LTV1: real(-4), LTM1_1: 0.5 }, bin);
    expect(numbers(header, "LTV1", "LTV2", "LTM1_1", "LTM2_2")).toEqual([-1.75, 0.375, 0.25, 0.25]);
  });

  test("keep the cards of a map that moves nothing, and of a header without coordinates, to the byte", () => {
    const still: PixelMap = {
      linear: [
        [1, 0],
        [0, 1],
      ],
      offset: [0, 0],
    };
    const header = Header.from(linear);
    expect(transformWcs(header, still).cards).toEqual(header.cards);
    const bare = Header.from({ OBJECT: "dark", EXPTIME: 2.5 });
    expect(transformWcs(bare, quarterTurn).cards).toEqual(bare.cards);
  });

  test("raise both orders of SIP where its axes mix, and leave the polynomials of a mere cut", () => {
    const sip = { ...linear, A_ORDER: 3, A_0_3: 1e-7, A_DMAX: 0.5, B_ORDER: 2, B_2_0: 1e-5 };
    const turned = moved(sip, quarterTurn);
    expect(numbers(turned, "A_ORDER", "B_ORDER", "A_0_2", "B_3_0", "A_DMAX")).toEqual([3, 3, 1e-5, -1e-7, null]);
    const cut = moved(sip, { linear: [[1]], offset: [7] });
    expect(numbers(cut, "CRPIX1", "A_0_3", "B_2_0", "A_DMAX")).toEqual([3, 1e-7, 1e-5, 0.5]);
  });

  test.each(["CPDIS1", "CQDIS2A", "D2IMDIS1", "AXISCORR"])(
    "are refused with %s, a distortion over the old pixels",
    (key) => {
      expect(() => moved({ ...linear, [key]: key === "AXISCORR" ? 1 : "LOOKUP" }, flip)).toThrow(
        expect.objectContaining({ code: "FITS_WCS_UNSUPPORTED", message: expect.stringContaining(key) }),
      );
    },
  );

  test("are refused for a map that folds the image", () => {
    expect(() =>
      moved(linear, {
        linear: [
          [1, 2],
          [2, 4],
        ],
        offset: [0, 0],
      }),
    ).toThrow(expect.objectContaining({ code: "MATH_SINGULAR" }));
  });
});
