const pattern = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d*))?)?Z?$/;

/**
 * A FITS date (FITS 4.0 §4.4.2, UTC) in whole microseconds since 1970; digits beyond are cut. `undefined` for a text that
 * is no such date.
 */
export function parseFitsTimeUs(text: string): number | undefined {
  const match = pattern.exec(text.trim());
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as Six;
  // A leap second is the first instant of the next minute to a clock that has none.
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60) return undefined;
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, day);
  if (midnight.getUTCDate() !== day) return undefined;
  const wholeMs = midnight.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
  return wholeMs * 1000 + Number((match[7] ?? "").slice(0, 6).padEnd(6, "0"));
}

type Six = [number, number, number, number, number, number];

/** `2022-10-24T19:47:33.218000` */
export function formatFitsTimeUs(timeUs: number): string {
  const micros = ((timeUs % 1_000_000) + 1_000_000) % 1_000_000;
  const seconds = new Date((timeUs - micros) / 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(micros).padStart(6, "0")}`;
}
