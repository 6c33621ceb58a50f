import { describe, expect, test } from "vitest";
import { Header } from "../../src/fits/header.ts";
import { flagDeadPixels, flagHotPixels, flagSaturatedPixels } from "../../src/math/bad-pixels.ts";
import { countFlagged, emptyMask, mergeMasks, pixelFlags } from "../../src/math/flags.ts";
import { localMedian } from "../../src/math/local-median.ts";
import { random } from "../../src/math/random.ts";
import { repairPixels } from "../../src/math/repair-pixels.ts";

const size = 40;
const shape = [size, size];

/** Noise of deviation 2 on a slope, so that one level for all would not do. */
function slope() {
  const draws = random("slope");
  return {
    data: Float32Array.from({ length: size * size }, (_, i) => 100 + 2 * (i % size) + 2 * draws.gaussian()),
    shape,
  };
}

const flagged = (mask: { data: Uint32Array }) => [...mask.data.keys()].filter((i) => mask.data[i] !== 0);

describe("flagging bad pixels", () => {
  test("finds hot pixels on a slope, at the edge and side by side, and nothing else", () => {
    const dark = slope();
    for (const at of [0, 41, 820, 821, 1599]) dark.data[at]! += 60;
    const mask = flagHotPixels(dark);
    expect(flagged(mask)).toEqual([0, 41, 820, 821, 1599]);
    expect(mask.data[0]).toBe(pixelFlags.hot);
  });

  test("sigma says how far above its neighbours a pixel is hot", () => {
    const dark = slope();
    for (const [at, excess] of [
      [410, 15],
      [830, 30],
      [1250, 60],
    ] as const)
      dark.data[at]! += excess;
    expect(flagged(flagHotPixels(dark, { sigma: 5 }))).toEqual([410, 830, 1250]);
    expect(flagged(flagHotPixels(dark, { sigma: 10 }))).toEqual([830, 1250]);
    expect(flagged(flagHotPixels(dark, { sigma: 20 }))).toEqual([1250]);
    expect(flagged(flagHotPixels(dark, { sigma: 50 }))).toEqual([]);
  });

  test("options that are none are refused", () => {
    const refused = expect.objectContaining({ code: "MATH_OPTION" });
    for (const sigma of [0, -1, Number.NaN]) expect(() => flagHotPixels(slope(), { sigma })).toThrow(refused);
    for (const radius of [0, 1.5, Number.NaN]) {
      expect(() => flagHotPixels(slope(), { radius })).toThrow(refused);
      expect(() => flagDeadPixels(slope(), { radius })).toThrow(refused);
    }
  });

  test.each([5, 20, 100])("takes no step of one count for hot, where one pixel in %i has it", (every) => {
    const draws = random("step");
    const data = Uint16Array.from({ length: 4096 }, () => (draws.integer(every) === 0 ? 101 : 100));
    data[1000] = 180;
    expect(flagged(flagHotPixels({ data, shape: [64, 64] }))).toEqual([1000]);
  });

  test("finds hot pixels of a dark that is the same everywhere else, whole numbers or not", () => {
    const data = new Float64Array(4096).fill(0.25);
    expect(flagged(flagHotPixels({ data, shape: [64, 64] }))).toEqual([]);
    for (const at of [7, 900, 901]) data[at] = 3.5;
    data[50] = Number.NaN;
    data[51] = Number.POSITIVE_INFINITY;
    expect(flagged(flagHotPixels({ data, shape: [64, 64] }))).toEqual([7, 51, 900, 901]);
  });

  test("finds dead pixels, and those without a number", () => {
    const flat = slope();
    flat.data[500]! *= 0.3;
    flat.data[700] = Number.NaN;
    const mask = flagDeadPixels(flat);
    expect(flagged(mask)).toEqual([500, 700]);
    expect(mask.data[500]).toBe(pixelFlags.dead);
  });

  test("finds saturated pixels at the level and above", () => {
    const mask = flagSaturatedPixels({ data: Uint16Array.of(65534, 65535), shape: [1, 2] }, 65535);
    expect([...mask.data]).toEqual([0, pixelFlags.saturated]);
  });

  test("merges masks bit by bit and counts by flag", () => {
    const a = emptyMask([1, 3]);
    const b = emptyMask([1, 3]);
    a.data[0] = pixelFlags.hot;
    b.data[0] = pixelFlags.dead;
    b.data[2] = pixelFlags.dead;
    const both = mergeMasks(a, undefined, b)!;
    expect([...both.data]).toEqual([pixelFlags.hot | pixelFlags.dead, 0, pixelFlags.dead]);
    expect([countFlagged(both), countFlagged(both, pixelFlags.hot)]).toEqual([2, 1]);
    expect(a.data[0]).toBe(pixelFlags.hot);
    expect(mergeMasks(undefined)).toBeUndefined();
  });
});

describe("localMedian", () => {
  test("leaves out the pixel itself, NaN and flagged neighbours, and is cut at the edges", () => {
    const image = { data: Float32Array.of(9, 1, Number.NaN, 3, 50, 7, 2, 4, 6), shape: [3, 3] };
    const mask = emptyMask([3, 3]);
    mask.data[5] = 1;
    const found = localMedian(image, 1, mask).data;
    expect(found[4]).toBe(3.5);
    expect(found[0]).toBe(3);
  });
});

describe("repairPixels", () => {
  test("replaces flagged pixels by the median of good neighbours and touches no other", () => {
    const image = slope();
    const mask = emptyMask(shape);
    for (const at of [820, 821]) {
      image.data[at] = 1e6;
      mask.data[at] = pixelFlags.hot;
    }
    const repaired = repairPixels(image, mask);
    for (let i = 0; i < image.data.length; i++) {
      if (mask.data[i] === 0) expect(repaired.data[i]).toBe(image.data[i]);
    }
    expect(Math.abs(repaired.data[820]! - 140)).toBeLessThan(6);
    expect(image.data[820]).toBe(1e6);
  });

  test("replaces only pixels with the flags asked for", () => {
    const image = { data: Float32Array.of(1, 1, 1, 1, 99, 88, 1, 1, 1), shape: [3, 3] };
    const mask = emptyMask([3, 3]);
    mask.data[4] = pixelFlags.hot;
    mask.data[5] = pixelFlags.dead;
    const repaired = repairPixels(image, mask, { bits: pixelFlags.hot });
    expect([repaired.data[4], repaired.data[5]]).toEqual([1, 88]);
  });

  test("gives NaN where no neighbour is good", () => {
    const mask = emptyMask([2, 2]);
    mask.data.fill(pixelFlags.missing);
    expect([...repairPixels({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }, mask).data]).toEqual(
      Array(4).fill(Number.NaN),
    );
  });

  test("of a frame marks what it replaced, with the variance of a median, and leaves the rest", () => {
    const frame = {
      header: Header.from({ OBJECT: "Sun" }),
      image: { data: Float32Array.of(1, 2, 3, 4, 99, 5, 6, 7, 8), shape: [3, 3] },
      mask: emptyMask([3, 3]),
      variance: { data: Float32Array.of(4, 4, 4, 4, 1e6, 4, 4, 4, 4), shape: [3, 3] },
    };
    frame.mask.data[4] = pixelFlags.hot;
    const { image, mask, variance, header } = repairPixels(frame);
    expect(image.data).toEqual(Float32Array.of(1, 2, 3, 4, 4.5, 5, 6, 7, 8));
    expect(mask?.data[4]).toBe(pixelFlags.hot | pixelFlags.repaired);
    expect(frame.mask.data[4]).toBe(pixelFlags.hot);
    expect(variance?.data[4]).toBeCloseTo((Math.PI / 2) * (4 / 8), 6);
    expect(variance?.data[3]).toBe(4);
    expect(header).not.toBe(frame.header);
    const { mask: _, ...unmasked } = frame;
    expect(repairPixels(unmasked)).toBe(unmasked);
  });
});
