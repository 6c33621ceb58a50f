import { usageError } from "./usage-error.ts";

/** The value of a flag or argument that takes a whole number from 1; undefined where it is not given. */
export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= 1) return number;
  const isTooLarge = /^\d+$/.test(text) && number >= 1;
  throw usageError(`${name} takes a whole number from 1; '${text}' is ${isTooLarge ? "too large" : "none"}.`);
}
