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
export function clockFrom(settings: { readonly sourceDateEpochSeconds: number | undefined }): Clock {
  const { sourceDateEpochSeconds } = settings;
  return sourceDateEpochSeconds === undefined ? systemClock : fixedClock(new Date(sourceDateEpochSeconds * 1000));
}
