import { describe, expect, test } from "vitest";
import type { NdArray } from "../../src/core/ndarray.ts";
import { Header } from "../../src/fits/header.ts";
import { flagCosmicRays, rejectCosmicRays } from "../../src/math/cosmic-rays.ts";
import { countFlagged, emptyMask, pixelFlags } from "../../src/math/flags.ts";
import { random } from "../../src/math/random.ts";

const size = 96;
const [background, readNoise] = [100, 5];

/** A sky with stars of 1.5 pixels deviation, and tracks of cosmic rays of one pixel's width. */
function sky(): { image: NdArray<Float64Array>; clean: Float64Array; hits: Set<number> } {
  const draws = random("sky");
  const clean = new Float64Array(size * size).fill(background);
  for (let star = 0; star < 12; star++) {
    const [x0, y0, peak] = [draws.uniform() * size, draws.uniform() * size, 10 ** (2 + 2 * draws.uniform())];
    for (let i = 0; i < clean.length; i++) {
      const square = ((i % size) - x0) ** 2 + (Math.floor(i / size) - y0) ** 2;
      clean[i]! += peak * Math.exp(-square / (2 * 1.5 ** 2));
    }
  }
  const data = clean.map((value) => draws.poisson(value) + readNoise * draws.gaussian());
  const hits = new Set<number>();
  for (let track = 0; track < 25; track++) {
    const [x, y, slope] = [draws.integer(size - 8), draws.integer(size - 8), draws.integer(3) - 1];
    for (let step = 0; step < 1 + draws.integer(7); step++) {
      const at = Math.min(size - 1, Math.max(0, y + slope * step)) * size + x + step;
      data[at]! += 400 + 2000 * draws.uniform();
      hits.add(at);
    }
  }
  return { image: { data, shape: [size, size] }, clean, hits };
}

const flagged = (mask: NdArray<Uint32Array>) => new Set([...mask.data.keys()].filter((at) => mask.data[at] !== 0));

describe("cosmic rays", () => {
  const { image, clean, hits } = sky();

  test("are found among stars: nearly all of them, and hardly anything else", () => {
    const mask = flagCosmicRays(image, { readNoise });
    const found = [...hits].filter((at) => mask.data[at] === pixelFlags.cosmicRay).length;
    expect(found / hits.size).toBeGreaterThan(0.97);
    const beside = countFlagged(mask) - found;
    expect(beside / (size * size)).toBeLessThan(0.003);
  });

  test("are the fewer the higher sigma is, and those of one round are among those of four", () => {
    const of = (options: object) => flagged(flagCosmicRays(image, { readNoise, ...options }));
    const [usual, higher, once] = [of({}), of({ sigma: 25 }), of({ iterations: 1 })];
    expect(higher.size).toBeLessThan(usual.size);
    expect(once.size).toBeLessThan(usual.size);
    expect(once.size).toBeGreaterThan(0);
    expect(once.isSubsetOf(usual)).toBe(true);
    expect(of({ iterations: 4 })).toEqual(usual);
    const refused = expect.objectContaining({ code: "MATH_OPTION" });
    for (const iterations of [0, 1.5, Number.NaN]) expect(() => of({ iterations })).toThrow(refused);
    expect(() => of({ sigma: Number.NaN })).toThrow(refused);
  });

  test("are replaced by what was there, to within its noise", () => {
    const variance = { data: clean.map((value) => value + readNoise ** 2), shape: image.shape };
    const frame = rejectCosmicRays({ header: Header.from({ OBJECT: "sky" }), image, variance });
    let pulls = 0;
    for (const at of hits) {
      const both = pixelFlags.cosmicRay | pixelFlags.repaired;
      if (frame.mask?.data[at] === both)
        pulls += Math.abs(Number(frame.image.data[at]) - clean[at]!) / Math.sqrt(variance.data[at]!) < 5 ? 1 : 0;
    }
    expect(pulls / hits.size).toBeGreaterThan(0.9);
    expect(frame.header.get("OBJECT")).toBe("sky");
    expect(frame.variance?.data.every((value) => Number(value) > 0)).toBe(true);
  });

  test("where there are none are hardly found", () => {
    const draws = random("quiet");
    const quiet = {
      data: Float64Array.from({ length: size * size }, () => 50 + 4 * draws.gaussian()),
      shape: [size, size],
    };
    const variance = { data: new Float64Array(size * size).fill(16), shape: [size, size] };
    const { mask } = flagCosmicRays({ header: new Header(), image: quiet, variance });
    expect(countFlagged(mask!)).toBeLessThan(5);
  });

  test("flags that are there stay, and flagged pixels and NaN are neither found nor used", () => {
    const mask = emptyMask(image.shape);
    for (const at of hits) mask.data[at] = pixelFlags.hot;
    const data = image.data.slice();
    data[5000] = Number.NaN;
    const found = flagCosmicRays({ header: new Header(), image: { data, shape: image.shape }, mask }, { readNoise })
      .mask!;
    for (const at of hits) expect(found.data[at]).toBe(pixelFlags.hot);
    expect(found.data[5000]).toBe(0);
    expect(mask.data[5000]).toBe(0);
  });

  test("are not looked for without a noise to tell them from", () => {
    expect(() => flagCosmicRays(image)).toThrow(expect.objectContaining({ code: "MATH_OPTION" }));
  });
});
