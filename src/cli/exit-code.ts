import { isFirstlightError } from "../core/errors.ts";

/** What the shell is told: see docs/cli.md. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

/** For a command that threw. What was asked for wrongly is `usage`; what was asked for rightly and failed is `failed`. */
export function exitCodeOf(error: unknown): number {
  return isFirstlightError(error) && error.disposition === "invalid" ? exitCodes.usage : exitCodes.failed;
}
