import { FirstlightError } from "../core/errors.ts";

/** Where in a file something is wrong. */
export interface FitsPlace {
  readonly file?: string | undefined;
  /** Index of the HDU, 0 for the primary. */
  readonly hdu?: number;
  /** Bytes from the start of the file. */
  readonly offset?: number;
}

export type BadFileCode =
  | "FITS_EMPTY"
  | "FITS_NOT_FITS"
  | "FITS_TRUNCATED"
  | "FITS_INVALID"
  | "FITS_UNSUPPORTED"
  | "FITS_NO_HDU"
  | "FITS_MEMORY"
  | "FITS_CHECKSUM";

/** An error about the bytes of a file, which names the file, the HDU and the offset. */
export function badFile(code: BadFileCode, problem: string, place: FitsPlace, cause?: unknown): FirstlightError {
  const where = [
    place.file ?? "FITS data",
    ...(place.hdu === undefined ? [] : [`HDU ${place.hdu}`]),
    ...(place.offset === undefined ? [] : [`offset ${place.offset}`]),
  ];
  return new FirstlightError(code, `${where.join(", ")}: ${problem}`, { fields: { ...place }, cause });
}

/** What the engine throws for memory that is not to be had, by its name; any other error as it is. */
export function memoryError(error: unknown, place: FitsPlace): unknown {
  const isMemory =
    error instanceof RangeError && /allocation failed|invalid (?:typed )?array (?:buffer )?length/i.test(error.message);
  return isMemory ? memoryLacks(place, error) : error;
}

export function memoryLacks(place: FitsPlace, cause?: unknown): FirstlightError {
  const problem = "what is asked of its data does not fit into memory. Read sections of it, or strips.";
  return badFile("FITS_MEMORY", problem, place, cause);
}
