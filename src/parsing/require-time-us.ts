import { FirstlightError } from "../core/errors.ts";
import type { Scalar } from "../core/scalar.ts";
import { parseFitsTimeUs } from "../fits/fits-time.ts";

/** A FITS date in microseconds since 1970. Throws HEADER_KEY_INVALID, naming attribute and file, for what is no date. */
export function requireTimeUs(value: Scalar, attribute: string, file: string): number {
  const timeUs = parseFitsTimeUs(String(value));
  if (timeUs !== undefined) return timeUs;
  throw new FirstlightError(
    "HEADER_KEY_INVALID",
    `The attribute '${attribute}' of ${file} is '${String(value)}'; expected a FITS date such as 2022-10-24T19:47:33.218.`,
    { fields: { attribute, file, value: String(value), expected: "a FITS date" } },
  );
}
