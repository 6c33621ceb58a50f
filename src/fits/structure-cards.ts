import { isFirstlightError, messageOf } from "../core/errors.ts";
import type { Scalar } from "../core/scalar.ts";
import { badFile, type FitsPlace } from "./bad-file.ts";
import { type Bitpix, isBitpix } from "./bitpix.ts";
import type { Header } from "./header.ts";

/** The cards that say how an HDU's data are laid out, each checked as it is read. */
export interface StructureCards {
  /** A whole number within the bounds; where the card is missing, `standard` if there is one. */
  count(key: string, minimum: number, maximum: number, standard?: number): number;
  bitpix(key: string): Bitpix;
  /** Cards `KEY1` to `KEYn`. */
  axes(key: string, count: number): number[];
  /** `undefined` where the card is missing or blank. */
  value(key: string): Scalar | undefined;
  /** A string without its trailing blanks, or `undefined` where the card is missing or holds something else. */
  text(key: string): string | undefined;
  /** What a read of the header gives; what it throws becomes an error that names the place. */
  read<T>(get: () => T): T;
  invalid(problem: string, cause?: unknown): Error;
}

/** Reads structure cards of a header. Whatever is wrong with them is FITS_INVALID with file, HDU and offset. */
export function structureCards(header: Header, place: FitsPlace): StructureCards {
  const invalid = (problem: string, cause?: unknown) => badFile("FITS_INVALID", problem, place, cause);
  const read = <T>(get: () => T): T => {
    try {
      return get();
    } catch (error) {
      if (isFirstlightError(error)) throw invalid(messageOf(error), error);
      throw error;
    }
  };
  const count = (key: string, minimum: number, maximum: number, standard?: number): number => {
    if (standard !== undefined && !header.has(key)) return standard;
    const value = read(() => header.integer(key));
    if (value < minimum || value > maximum) throw invalid(`${key} is ${value}; expected ${minimum} to ${maximum}.`);
    return value;
  };
  return {
    invalid,
    read,
    count,
    bitpix(key) {
      const value = read(() => header.integer(key));
      if (!isBitpix(value)) throw invalid(`${key} is ${value}; expected 8, 16, 32, 64, -32 or -64.`);
      return value;
    },
    axes(key, axisCount) {
      const axes: number[] = [];
      for (let axis = 1; axis <= axisCount; axis += 1) axes.push(count(`${key}${axis}`, 0, Number.MAX_SAFE_INTEGER));
      return axes;
    },
    value: (key) => read(() => header.get(key)),
    text(key) {
      const value = read(() => header.get(key));
      return typeof value === "string" ? value.trimEnd() : undefined;
    },
  };
}
