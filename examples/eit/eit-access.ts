import { type Access, fitsAccess, type HeaderView, key } from "firstlight/parsing";
import { z } from "zod";

/** What the header of an EIT level-zero frame says. Part of it stands in COMMENT cards as `NAME = value`: the facts. */
export const eitAccess = fitsAccess({
  instrument: key("INSTRUME", z.literal("EIT")),
  wavelength: key("WAVELNTH", z.union([z.literal(171), z.literal(195), z.literal(284), z.literal(304)]), {
    unit: "Angstrom",
  }),
  filter: key("FILTER", z.string()),
  object: key("OBJECT", z.string()),
  /** A frame in any other unit has been calibrated before. */
  unit: key("BUNIT", z.literal("counts / pixel")),

  exposureTimeS: key("EXPTIME", z.number().positive(), { unit: "s" }),
  commandedExposureS: fact("COMMANDED EXPOSURE TIME", z.coerce.number().positive(), "s"),
  shutterCloseS: fact("SHUTTER CLOSE TIME", z.coerce.number().nonnegative(), "s"),
  /** The start of the exposure. DATE-OBS is what the clock on board said, which was wrong by up to minutes. */
  timeObs: fact("CORRECTED DATE_OBS", z.iso.datetime()),

  axes: key("NAXIS", z.literal(2)),
  columns: key("NAXIS1", z.int().positive()),
  rows: key("NAXIS2", z.int().positive()),
  sunColumn: key("CRPIX1", z.number()),
  sunRow: key("CRPIX2", z.number()),
  scaleX: key("CDELT1", z.number().positive(), { unit: "arcsec / camera pixel" }),
  scaleY: key("CDELT2", z.number().positive(), { unit: "arcsec / camera pixel" }),
  solarRadius: key("SOLAR_R", z.number().positive(), { unit: "camera pixel" }),
  rollDeg: key("SC_ROLL", z.number(), { unit: "deg" }),
  /** The part of the camera that was read out, first and last pixel. */
  readoutLeft: fact("P1_X", z.coerce.number().int()),
  readoutRight: fact("P2_X", z.coerce.number().int()),
  readoutBottom: fact("P1_Y", z.coerce.number().int()),
  readoutTop: fact("P2_Y", z.coerce.number().int()),

  blocksAcross: fact("BLOCKS_HORZ", z.coerce.number().int().positive()),
  blocksUp: fact("BLOCKS_VERT", z.coerce.number().int().positive()),
  missingBlocks: fact("N_MISSING_BLOCKS", z.coerce.number().int().nonnegative()),
  cameraError: fact("CAMERA_ERR", z.enum(["yes", "no"])),
});

export type Eit = Access<typeof eitAccess>;

function fact<Value>(name: string, schema: z.ZodType<Value>, unit?: string) {
  return key(`COMMENT ${name}`, schema, {
    from: (header) => readFact(header, name, unit),
    ...(unit === undefined ? {} : { unit }),
  });
}

/** The value of the COMMENT card `NAME = value`, without quotes and unit; undefined where there is none. */
function readFact(header: HeaderView, name: string, unit: string | undefined): string | undefined {
  for (const text of header.comments) {
    const equals = text.indexOf("=");
    if (equals === -1 || text.slice(0, equals).trim() !== name) continue;
    const value = text.slice(equals + 1).trim();
    const bare = value.startsWith("'") ? value.slice(1).replace(/'.*/, "") : value.replace(unit ?? "", "");
    return bare.trim() || undefined;
  }
  return undefined;
}
