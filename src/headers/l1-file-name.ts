import { FirstlightError } from "../core/errors.ts";
import type { Header } from "../fits/header.ts";

/**
 * `{INSTRUME}_{DATE-BEG}[_{part}…]_{dataset}_L1.fits`, the `-`, `:` and `.` of the date as `_`. Other characters than letters,
 * digits, `+`, `-` and `_` become `-`, so that the name is legal in every file system, object store and URL. `parts` tell
 * frames of one instant apart: the wavelength, the Stokes parameter.
 *
 * Throws FITS_KEY_MISSING or FITS_KEY_TYPE without INSTRUME or DATE-BEG, FILE_NAME_INVALID for a part with nothing in it.
 */
export function l1FileName(header: Header, datasetId: string, parts: readonly string[] = []): string {
  const begin = header.string("DATE-BEG").replace(/[-:.]/g, "_");
  const pieces = [header.string("INSTRUME"), begin, ...parts, datasetId];
  return `${pieces.map(legal).join("_")}_L1.fits`;
}

/** Names file after file of one dataset, and adds `_2`, `_3`, … before the dataset where the name is given already. */
export function l1FileNames(datasetId: string): (header: Header, parts?: readonly string[]) => string {
  const given = new Set<string>();
  return (header, parts = []) => {
    let name = l1FileName(header, datasetId, parts);
    for (let count = 2; given.has(name); count++) name = l1FileName(header, datasetId, [...parts, String(count)]);
    given.add(name);
    return name;
  };
}

function legal(piece: string): string {
  const kept = piece.trim().replace(/[^A-Za-z0-9+_-]+/g, "-");
  if (/[A-Za-z0-9]/.test(kept)) return kept;
  throw new FirstlightError(
    "FILE_NAME_INVALID",
    `A file of calibrated data cannot be named: one of its parts is '${piece}'. Set INSTRUME and DATE-BEG, or leave the part out.`,
    { fields: { part: piece } },
  );
}
