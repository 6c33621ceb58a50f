import { FirstlightError } from "../core/errors.ts";

/** Throws MATH_OPTION, naming option, value and what is expected. */
export function requireOption(name: string, value: unknown, isRight: boolean, expected: string): void {
  if (isRight) return;
  throw new FirstlightError("MATH_OPTION", `${name} is ${String(value)}; give ${expected}.`, {
    disposition: "invalid",
    fields: { option: name, value: String(value) },
  });
}

/** @throws FirstlightError MATH_OPTION unless it is a finite number above 0 */
export function requireSigma(sigma: number): void {
  requireOption("sigma", sigma, sigma > 0 && Number.isFinite(sigma), "a number above 0");
}

/** @throws FirstlightError MATH_OPTION unless it is a whole number from `least` on */
export function requireWhole(name: string, value: number, least: number): void {
  requireOption(name, value, Number.isSafeInteger(value) && value >= least, `a whole number from ${least} on`);
}

/** @throws FirstlightError MATH_OPTION unless it is the bits of a mask */
export function requireLeaveOut(leaveOut: number | undefined): void {
  if (leaveOut === undefined) return;
  const isRight = Number.isInteger(leaveOut) && leaveOut >= 0 && leaveOut < 2 ** 32;
  requireOption("leaveOut", leaveOut, isRight, "the flags of a mask, a whole number from 0 to 2^32 - 1");
}

/** @throws FirstlightError MATH_OPTION unless all lie from 0 to 100 */
export function requirePercents(percents: readonly number[]): void {
  for (const percent of percents) {
    requireOption("a percentile", percent, percent >= 0 && percent <= 100, "a number from 0 to 100");
  }
}
