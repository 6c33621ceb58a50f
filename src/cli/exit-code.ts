import { isFirstlightError } from "../core/errors.ts";

/** What the shell is told: see docs/cli.md. */
export const exitCodes = { done: 0, failed: 1, usage: 2, hungUp: 129, interrupted: 130, terminated: 143 } as const;

/** Whether a command ended because its user stopped it. */
export function isStop(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** For a command that a signal stopped; one that stopped by itself counts as interrupted. */
export function stopCodeOf(signal: NodeJS.Signals | undefined): number {
  if (signal === "SIGTERM") return exitCodes.terminated;
  return signal === "SIGHUP" ? exitCodes.hungUp : exitCodes.interrupted;
}

/**
 * For a command that threw. What was asked for wrongly is `usage`; what was asked for rightly and failed is `failed`. `signal` is
 * the first that came while it ran.
 */
export function exitCodeOf(error: unknown, signal?: NodeJS.Signals): number {
  if (isStop(error)) return stopCodeOf(signal);
  return isFirstlightError(error) && error.disposition === "invalid" ? exitCodes.usage : exitCodes.failed;
}
