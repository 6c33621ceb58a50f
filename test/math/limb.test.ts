import { describe, expect, test } from "vitest";
import { fitLimb } from "../../src/math/limb.ts";
import { random } from "../../src/math/random.ts";

const size = 128;
const shape = [size, size];

function draw(brightness: (distance: number, angle: number) => number, x0: number, y0: number) {
  const draws = random("limb");
  const data = Float64Array.from({ length: size * size }, (_, i) => {
    const [dx, dy] = [(i % size) - x0, Math.floor(i / size) - y0];
    return brightness(Math.hypot(dx, dy), Math.atan2(dy, dx)) + draws.gaussian();
  });
  return { data, shape };
}

const whiteLight = (distance: number): number =>
  distance < 46.5 ? 200 + 800 * Math.sqrt(1 - (distance / 46.6) ** 2) : 20;

/** Optically thin plasma over an opaque disk: the line of sight doubles at the limb and thins out above it. */
const corona = (distance: number): number =>
  844 + 85 / (1 + Math.exp((distance - 58) / 4)) + (distance < 46.5 ? 0 : 60 * Math.exp((46.5 - distance) / 5));

describe("fitLimb", () => {
  test("finds a limb-darkened disk off the middle of the image", () => {
    const limb = fitLimb(draw(whiteLight, 66.3, 61.8));
    expect(Math.abs(limb.radiusPixels - 46.5)).toBeLessThan(0.5);
    expect(Math.hypot(limb.centre[0] - 66.3, limb.centre[1] - 61.8)).toBeLessThan(0.2);
    expect(limb.used).toBeGreaterThan(70);
  });

  test("finds the limb of the extreme ultraviolet by its brightening, past active regions", () => {
    const active = (distance: number, angle: number): number =>
      corona(distance) + 900 * Math.exp(-((distance - 44) ** 2) / 8 - ((angle - 0.4) / 0.15) ** 2);
    const limb = fitLimb(draw(active, 63, 64.3), { edge: "rise" });
    expect(Math.abs(limb.radiusPixels - 46.5)).toBeLessThan(0.5);
    expect(Math.hypot(limb.centre[0] - 63, limb.centre[1] - 64.3)).toBeLessThan(0.3);
    const crest = fitLimb(draw(active, 63, 64.3), { edge: "peak" });
    expect(crest.radiusPixels).toBeGreaterThan(limb.radiusPixels);
  });

  test("bridges blocks without a number", () => {
    const image = draw(whiteLight, 63.5, 63.5);
    for (let row = 60; row < 76; row++) image.data.fill(Number.NaN, row * size + 96, row * size + 120);
    expect(Math.abs(fitLimb(image).radiusPixels - 46.5)).toBeLessThan(0.5);
  });

  test("says so where there is no disk", () => {
    const empty = { data: new Float32Array(size * size).fill(7), shape };
    expect(() => fitLimb(empty)).toThrow(expect.objectContaining({ code: "LIMB_NOT_FOUND" }));
  });
});
