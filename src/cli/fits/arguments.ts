import type { HduSelector } from "../../fits/open-fits.ts";
import { usageError } from "../usage-error.ts";

export const fileArgument = {
  type: "positional",
  required: true,
  description: "A FITS file; also .gz and .fz.",
} as const;

export const hduArgument = {
  type: "string",
  valueHint: "HDU",
  description:
    "Its number, from 0 on, or its EXTNAME, or both name and version as NAME,2. Default: the first with an image.",
} as const;

export const overwriteArgument = {
  type: "boolean",
  default: false,
  description: "Replace OUT where it is there already.",
} as const;

export const jsonArgument = { type: "boolean", default: false, description: "Print one JSON document." } as const;

/** `2`, `SCI` or `SCI,2`. */
export function hduSelector(text: string | undefined): HduSelector | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const versioned = /^(.+),(\d+)$/.exec(text);
  return versioned === null ? text : [versioned[1] ?? "", Number(versioned[2])];
}

/** A number of the command line that is not negative. */
export function tolerance(flag: string, text: string | undefined): number {
  if (text === undefined) return 0;
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0)) throw usageError(`${flag} is to be a number from 0 on, not '${text}'.`);
  return value;
}
