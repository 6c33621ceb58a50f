import { FirstlightError, real } from "firstlight";
import type { Header } from "firstlight/fits";
import { amend } from "firstlight/headers";
import { type Access, formatFitsTimeUs, parseFitsTimeUs } from "firstlight/parsing";
import type { eitAccess } from "./eit-access.ts";

type Eit = Access<typeof eitAccess>;

/** Side of the camera's own image, to which CDELT and SOLAR_R of a resampled frame still belong. */
const fullSide = 1024;

/** Pixels of the camera for one pixel of this frame: 8 for 128 × 128. */
export function resampling(eit: Eit): number {
  return fullSide / eit.columns;
}

/**
 * Makes the coordinates true. The frames were resampled, and only CRPIX was changed with them: the scale grows and the
 * radius shrinks by the same factor. The roll of the spacecraft was not in the coordinates at all; PCi_j is the rotation of
 * Greisen & Calabretta 2002 (A&A 395, 1061) for a roll of solar north counter-clockwise, with equal scales on both axes.
 */
export function correctCoordinates(header: Header, eit: Eit): Header {
  const factor = resampling(eit);
  const corrected = header.clone();
  for (const axis of [1, 2]) {
    const scale = header.number(`CDELT${axis}`) * factor;
    amend(corrected, `CDELT${axis}`, real(scale), `Pixel scale of this frame (x 1024/NAXIS${axis})`);
    corrected.setAfter(`CDELT${axis}`, `CUNIT${axis}`, "arcsec", "Unit of CDELT and CRVAL");
  }
  amend(corrected, "SOLAR_R", real(header.number("SOLAR_R") / factor), "Solar radius, pixels of this frame");
  const [sin, cos] = sinCos(eit.rollDeg);
  corrected.setAfter("CUNIT2", "PC2_2", real(cos), "Roll of the spacecraft");
  corrected.setAfter("CUNIT2", "PC2_1", real(sin), "Roll of the spacecraft");
  corrected.setAfter("CUNIT2", "PC1_2", real(0 - sin), "Roll of the spacecraft");
  corrected.setAfter("CUNIT2", "PC1_1", real(cos), "Roll of the spacecraft (SC_ROLL)");
  return corrected;
}

/**
 * Makes the time true: DATE-BEG is the corrected start of the exposure; DATE-AVG follows from both ends. The cards that hold the uncorrected one get the
 * corrected value too, and what they said goes into HISTORY.
 */
export function correctTime(header: Header, eit: Eit): Header {
  const begin = parseFitsTimeUs(eit.timeObs);
  if (begin === undefined) {
    throw new FirstlightError("EIT_TIME", `${eit.file}: CORRECTED DATE_OBS is '${eit.timeObs}', which is no time.`);
  }
  const exposure = eit.exposureTimeS * 1e6;
  const corrected = header.clone();
  const time = (us: number) => formatFitsTimeUs(us).slice(0, "2004-03-01T00:00:00.000".length);
  amend(corrected, "TIME-OBS", time(begin).slice(11, 19), "corrected");
  amend(corrected, "DATE-OBS", time(begin), "corrected");
  amend(corrected, "DATE_OBS", `${time(begin)}Z`, "corrected");
  corrected.setAfter("DATE-OBS", "DATE-END", time(begin + exposure), "UTC, corrected");
  corrected.setAfter("DATE-OBS", "DATE-BEG", time(begin), "UTC, corrected");
  return corrected;
}

/** EXPTIME must be what was commanded and what the shutter took to close: it says so, and the comments hold both parts. */
export function checkExposure(eit: Eit): void {
  const parts = eit.commandedExposureS + eit.shutterCloseS;
  // The cards have three decimals.
  if (Math.abs(parts - eit.exposureTimeS) <= 0.0015) return;
  throw new FirstlightError(
    "EIT_EXPOSURE",
    `${eit.file}: EXPTIME is ${eit.exposureTimeS} s, its parts are ${eit.commandedExposureS} s commanded and ${eit.shutterCloseS} s for the shutter to close. One of them is wrong: fetch the frame again, or leave it out.`,
    { fields: { file: eit.file, exposureTimeS: eit.exposureTimeS, partsS: parts } },
  );
}

/** Exact at the quarter turns, where Math.cos(Math.PI / 2) is not. */
function sinCos(degrees: number): readonly [sin: number, cos: number] {
  const quarters = (((degrees / 90) % 4) + 4) % 4;
  if (Number.isInteger(quarters)) return [[0, 1, 0, -1][quarters] ?? 0, [1, 0, -1, 0][quarters] ?? 1];
  return [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
}
