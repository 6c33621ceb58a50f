import { settingsInvalid } from "./settings-invalid.ts";

/** Where the time comes from. Injected, so that with a fixed clock products are equal byte for byte. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A clock that always says `at`. */
export function fixedClock(at: Date): Clock {
  const milliseconds = at.getTime();
  return { now: () => new Date(milliseconds) };
}

/** The system's clock, or the fixed one that `SOURCE_DATE_EPOCH` (seconds since 1970, reproducible-builds.org) asks for. */
export function clockFrom(env: Readonly<Record<string, string | undefined>>): Clock {
  const text = env.SOURCE_DATE_EPOCH;
  if (text === undefined || text === "") return systemClock;
  const seconds = readSourceDateEpoch(text);
  if (seconds === undefined) {
    throw settingsInvalid([
      { name: "SOURCE_DATE_EPOCH", expected: "whole seconds since 1970", found: JSON.stringify(text) },
    ]);
  }
  return fixedClock(new Date(seconds * 1000));
}

/** `undefined` when the text is no number of whole seconds that a date can hold. */
export function readSourceDateEpoch(text: string): number | undefined {
  return /^\d{1,11}$/.test(text) ? Number(text) : undefined;
}
