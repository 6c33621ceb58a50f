import { FirstlightError, real, type Scalar } from "firstlight";
import type { Header } from "firstlight/fits";
import { amend } from "firstlight/headers";
import type { Eit } from "./eit-access.ts";

/** What of a header says how the camera's pixels became those of the frame. */
export type Readout = Pick<
  Eit,
  "file" | "columns" | "rows" | "readoutLeft" | "readoutRight" | "readoutBottom" | "readoutTop"
>;

/**
 * Makes the coordinates true. A resampled frame has a CRPIX of its own, but CDELT and SOLAR_R still count pixels of the
 * camera: the scale grows, the radius shrinks. The roll of the spacecraft is not in the coordinates at all; it goes
 * into PCi_j (Greisen & Calabretta 2002, A&A 395, 1061). Cards that were untrue go into HISTORY.
 */
export function correctCoordinates(header: Header, eit: Eit): Header {
  const factor = cameraPixelsPerPixel(eit);
  const corrected = header.clone();
  corrected.addHistory(`Done: CUNIT and roll added; CDELT times ${factor}, SOLAR_R divided by ${factor}`);
  amend(corrected, "CDELT1", real(eit.scaleX * factor), "pixel scale x of this frame (arc sec)");
  amend(corrected, "CDELT2", real(eit.scaleY * factor), "pixel scale y of this frame (arc sec)");
  amend(corrected, "SOLAR_R", real(trueRadius(eit)), "solar photospheric radius, pixels of this frame");
  // SC_ROLL says how far solar north lies counter-clockwise of the image's upward direction: PCi_j turns it back.
  const [sin, cos] = sinCos(eit.rollDeg);
  let last = "CDELT2";
  const add = (key: string, value: Scalar, comment: string): void => {
    if (!corrected.has(key)) corrected.setAfter(last, key, value, comment);
    amend(corrected, key, value, comment);
    last = key;
  };
  add("CUNIT1", "arcsec", "unit of CRVAL1 and CDELT1");
  add("CUNIT2", "arcsec", "unit of CRVAL2 and CDELT2");
  add("PC1_1", real(cos), "roll of the spacecraft, from SC_ROLL");
  add("PC1_2", real(sin), "roll of the spacecraft, from SC_ROLL");
  add("PC2_1", real(0 - sin), "roll of the spacecraft, from SC_ROLL");
  add("PC2_2", real(cos), "roll of the spacecraft, from SC_ROLL");
  return corrected;
}

/** The Sun's radius in pixels of this frame. */
export function trueRadius(eit: Eit): number {
  return eit.solarRadius / cameraPixelsPerPixel(eit);
}

/** 8 where 1024 pixels of the camera became 128, 1 in a frame that was not resampled. */
export function cameraPixelsPerPixel(eit: Readout): number {
  const across = (eit.readoutRight - eit.readoutLeft + 1) / eit.columns;
  const up = (eit.readoutTop - eit.readoutBottom + 1) / eit.rows;
  if (across === up && across > 0) return across;
  throw new FirstlightError(
    "EIT_PIXELS",
    `${eit.file}: the camera's pixels ${eit.readoutLeft} to ${eit.readoutRight} and ${eit.readoutBottom} to ${eit.readoutTop} (P1_X, P2_X, P1_Y, P2_Y) became ${eit.columns} × ${eit.rows} pixels, which are not square. Leave the frame out of the input.`,
    { fields: { file: eit.file, across, up } },
  );
}

/** Exact at the quarter turns, where Math.sin(Math.PI) is not. */
function sinCos(degrees: number): readonly [sin: number, cos: number] {
  const quarters = (((degrees / 90) % 4) + 4) % 4;
  if (Number.isInteger(quarters)) return [[0, 1, 0, -1][quarters] ?? 0, [1, 0, -1, 0][quarters] ?? 1];
  return [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
}
