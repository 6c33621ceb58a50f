import { FirstlightError } from "./errors.ts";

/** Where the time comes from. Injected, so that with a fixed clock products are equal byte for byte. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A clock that always says `at`. */
export function fixedClock(at: Date): Clock {
  return { now: () => new Date(at) };
}

/** The system's clock, or the fixed one that `SOURCE_DATE_EPOCH` (seconds since 1970, reproducible-builds.org) asks for. */
export function clockFrom(env: Readonly<Record<string, string | undefined>>): Clock {
  const epoch = env.SOURCE_DATE_EPOCH;
  if (epoch === undefined || epoch === "") return systemClock;
  if (!/^\d{1,11}$/.test(epoch)) {
    throw new FirstlightError(
      "SETTINGS_INVALID",
      `SOURCE_DATE_EPOCH is '${epoch}'; expected whole seconds since 1970.`,
      {
        disposition: "invalid",
      },
    );
  }
  return fixedClock(new Date(Number(epoch) * 1000));
}
