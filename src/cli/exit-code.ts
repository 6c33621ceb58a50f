import { isFirstlightError } from "../core/errors.ts";

/** What the shell is told: see docs/cli.md. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

/** Whether a command ended because its user stopped it. */
export function isStop(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** For a command that threw. What was asked for wrongly is `usage`; what was asked for rightly and failed is `failed`. */
export function exitCodeOf(error: unknown): number {
  if (isStop(error)) return exitCodes.interrupted;
  return isFirstlightError(error) && error.disposition === "invalid" ? exitCodes.usage : exitCodes.failed;
}
