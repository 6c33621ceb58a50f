import type { AxisRange } from "../../math/cut.ts";
import { usageError } from "../usage-error.ts";

/**
 * Reads an image section as IRAF and cfitsio spell it, `[101:200,*]`: one part per axis, NAXIS1 first, pixels counted from 1, both
 * ends within. A single number is one pixel, `*` the whole axis. The ranges come in the order of a shape, NAXIS1 last.
 */
export function parseSection(text: string, shape: readonly number[]): readonly AxisRange[] {
  const axes = shape.toReversed();
  const parts = text
    .trim()
    .replace(/^\[(.*)\]$/, "$1")
    .split(",");
  if (parts.length !== axes.length) {
    throw usageError(
      `The section '${text}' names ${parts.length} axes, the image has ${axes.length}: ${axes.join(" × ")}. Write it as [101:200,*].`,
    );
  }
  return parts
    .map((part, index) => rangeOf(part.trim(), axes[index] ?? 0, `axis ${index + 1} of '${text}'`))
    .toReversed();
}

function rangeOf(part: string, length: number, where: string): AxisRange {
  if (part === "*") return { start: 0, stop: length };
  const match = /^(\d+)(?::(\d+))?$/.exec(part);
  const first = Number(match?.[1]);
  const last = match?.[2] === undefined ? first : Number(match[2]);
  if (match === null || first < 1 || last < first || last > length) {
    throw usageError(`${where} is '${part}'; it takes FIRST:LAST with 1 ≤ FIRST ≤ LAST ≤ ${length}, one number, or *.`);
  }
  return { start: first - 1, stop: last };
}
