import { basename } from "node:path";
import { FirstlightError } from "firstlight";
import { type AccessTo, type Bud, thorn } from "firstlight/parsing";
import { cameraPixelsPerPixel } from "./correct-coordinates.ts";
import { eitAccess } from "./eit-access.ts";

type Attribute = keyof typeof eitAccess;

/**
 * A bud that only checks, a thorn: every header must hold all that later tasks will ask for, and what it says twice must
 * agree. A frame that cannot be calibrated is so found before the first one is touched.
 */
export function soundHeaderBud(): Bud<Attribute> {
  return {
    kind: "bud",
    name: "SOUND_HEADERS",
    set(path, eit) {
      // To read an attribute is to check it.
      for (const attribute of Object.keys(eitAccess) as Attribute[]) eit.scalar(attribute);
      checkExposure(basename(path), eit);
      checkPixels(basename(path), eit);
    },
    get: () => thorn,
  };
}

/** EXPTIME is said to be "total commanded + shutter close"; the comments hold both parts. */
function checkExposure(file: string, eit: AccessTo<Attribute>): void {
  const [total, commanded, shutterClose] = [
    Number(eit.exposureTimeS),
    Number(eit.commandedExposureS),
    Number(eit.shutterCloseS),
  ];
  // All three are rounded to three decimals.
  if (Math.abs(total - (commanded + shutterClose)) <= 0.0015) return;
  const sum = (commanded + shutterClose).toFixed(3);
  throw new FirstlightError(
    "EIT_EXPOSURE",
    `${file}: EXPTIME is ${total} s, but ${commanded} s commanded and ${shutterClose} s for the shutter to close are ${sum} s. Fetch the frame again, or leave it out of the input.`,
    { fields: { file, totalS: total, commandedS: commanded, shutterCloseS: shutterClose } },
  );
}

/** Only square pixels have the one scale that the coordinates are corrected by. */
function checkPixels(file: string, eit: AccessTo<Attribute>): void {
  cameraPixelsPerPixel({
    file,
    columns: Number(eit.columns),
    rows: Number(eit.rows),
    readoutLeft: Number(eit.readoutLeft),
    readoutRight: Number(eit.readoutRight),
    readoutBottom: Number(eit.readoutBottom),
    readoutTop: Number(eit.readoutTop),
  });
}
