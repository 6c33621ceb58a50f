import fc from "fast-check";
import { expect, test } from "vitest";
import { roundDigits } from "../../src/core/round-digits.ts";

/** Half to even on the exact decimal expansion of the double. */
function exactly(value: number, digits: number): number {
  const [whole = "", fraction = ""] = Math.abs(value).toFixed(100).split(".");
  const kept = BigInt(whole + fraction.slice(0, digits));
  const rest = fraction.slice(digits).replace(/0+$/, "");
  const up = rest === "5" ? kept % 2n === 1n : rest > "5";
  const all = String(kept + (up ? 1n : 0n)).padStart(digits + 1, "0");
  const rounded = Number(`${all.slice(0, all.length - digits)}.${all.slice(all.length - digits)}`);
  return value < 0 ? -rounded : rounded;
}

test.each([
  [0.5, 0, 0],
  [1.5, 0, 2],
  [2.675, 2, 2.67],
  [0.125, 2, 0.12],
  [1e-7, 6, 0],
  [-1.0000005, 6, -1.000001],
  [12345.6789, 1, 12345.7],
])("%f to %i digits, as Python rounds it: %f", (value, digits, wanted) => {
  expect(roundDigits(value, digits)).toBe(wanted);
});

test("rounds as the exact decimal expansion says, near the ties too", () => {
  const near = fc
    .tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 0, max: 6 }), fc.integer({ min: -3, max: 3 }))
    .map(([whole, digits, ulps]) => {
      const tie = (whole + 0.5) / 10 ** digits;
      return [tie + ulps * Math.abs(tie) * Number.EPSILON, digits] as const;
    });
  const any = fc.tuple(fc.double({ min: -1e12, max: 1e12, noNaN: true }), fc.integer({ min: 0, max: 6 }));
  fc.assert(
    fc.property(fc.oneof(near, any), ([value, digits]) => {
      expect(roundDigits(value, digits) + 0).toBe(exactly(value, digits) + 0);
    }),
    { numRuns: 5_000, seed: 7 },
  );
});
