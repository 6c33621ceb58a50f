import type { RetryOptions } from "./retry.ts";
import { settingsInvalid } from "./settings-invalid.ts";

// What code without types may hand to a driver: it would else try for ever, or as if a server were away.

/** @throws FirstlightError SETTINGS_INVALID */
export function requireRetry(given: RetryOptions): void {
  const retry: Partial<Record<keyof RetryOptions, unknown>> = isObject(given) ? { ...given } : {};
  const { delaySeconds, backoff, maxDelaySeconds, jitterSeconds, tries } = retry;
  const wrong = [
    ...Object.entries({ delaySeconds, backoff, maxDelaySeconds }).flatMap(([name, value]) =>
      isNumber(value) && value >= 0 ? [] : [`${name} ${found(value)}`],
    ),
    ...(Array.isArray(jitterSeconds) && jitterSeconds.length === 2 && jitterSeconds.every(isNumber)
      ? []
      : [`jitterSeconds ${found(jitterSeconds)}`]),
    ...((Number.isInteger(tries) && Number(tries) >= -1) || tries === Number.POSITIVE_INFINITY
      ? []
      : [`tries ${found(tries)}`]),
  ];
  if (wrong.length === 0) return;
  const expected =
    "the numbers delaySeconds, backoff and maxDelaySeconds, jitterSeconds as two numbers, and tries as a whole number from -1 on, -1 for ever";
  throw settingsInvalid([{ name: "retry (RETRY_CONFIG)", expected, found: wrong.join(", ") }]);
}

/** @throws FirstlightError SETTINGS_INVALID */
export function requirePort(name: string, port: number): void {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return;
  throw settingsInvalid([{ name, expected: "a port, a whole number from 1 to 65535", found: found(port) }]);
}

/** @throws FirstlightError SETTINGS_INVALID */
export function requireCount(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw settingsInvalid([{ name, expected: `a whole number from ${least}`, found: found(value) }]);
}

/** @throws FirstlightError SETTINGS_INVALID */
export function requireObject(name: string, value: object): void {
  if (isObject(value) && !Array.isArray(value)) return;
  throw settingsInvalid([{ name, expected: "an object", found: found(value) }]);
}

/** For what may be left out. @throws FirstlightError SETTINGS_INVALID */
export function requireFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === "function") return;
  throw settingsInvalid([{ name, expected: "a function, or none", found: found(value) }]);
}

/** @throws FirstlightError SETTINGS_INVALID */
export function requireText(name: string, value: string): void {
  if (typeof value === "string" && value !== "") return;
  throw settingsInvalid([{ name, expected: "a text, which is not empty", found: found(value) }]);
}

/** @throws FirstlightError SETTINGS_INVALID */
export function requireObjects(name: string, values: readonly object[]): void {
  if (Array.isArray(values) && values.every(isObject)) return;
  const wrong: unknown = Array.isArray(values) ? values.find((value) => !isObject(value)) : values;
  const where = Array.isArray(values) ? "one that holds " : "";
  throw settingsInvalid([{ name, expected: "a list of objects", found: where + found(wrong) }]);
}

/** Two numbers of seconds. One that is none is no wait at all. @throws FirstlightError SETTINGS_INVALID */
export function requireWaits(name: string, value: readonly [number, number]): void {
  if (Array.isArray(value) && value.length === 2 && value.every((one) => isNumber(one) && one >= 0)) return;
  throw settingsInvalid([{ name, expected: "a list of two numbers of seconds, from 0 on", found: found(value) }]);
}

/** @throws FirstlightError SETTINGS_INVALID */
export function requireSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw settingsInvalid([{ name: "signal", expected: "an AbortSignal, or none", found: found(signal) }]);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && !Number.isNaN(value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** A text may be anything, a password by mistake, too. */
function found(value: unknown): string {
  if (typeof value === "string") return value === "" ? "an empty text" : "a text";
  if (Array.isArray(value)) return "a list";
  return isObject(value) ? "an object" : String(value);
}
