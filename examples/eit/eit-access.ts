import { fitsAccess, type HeaderView, key } from "firstlight/parsing";
import { z } from "zod";

/**
 * What an EIT level-zero header says. Part of it stands in COMMENT cards as `NAME = value`, which `eitComment` reads.
 */
export const eitAccess = fitsAccess({
  instrument: key("INSTRUME", z.literal("EIT")),
  wavelength: key("WAVELNTH", z.union([z.literal(171), z.literal(195), z.literal(284), z.literal(304)]), {
    unit: "Angstrom",
  }),
  filter: key("FILTER", z.string()),
  object: key("OBJECT", z.string()),
  exposureTimeS: key("EXPTIME", z.number().positive(), { unit: "s" }),
  columns: key("NAXIS1", z.int().positive()),
  rows: key("NAXIS2", z.int().positive()),
  rollDeg: key("SC_ROLL", z.number(), { unit: "deg" }),
  /** The on-board clock was slow; the corrected start of the exposure stands in a comment. */
  timeObs: key("CORRECTED DATE_OBS", z.iso.datetime(), { from: comment("CORRECTED DATE_OBS") }),
  commandedExposureS: key("COMMANDED EXPOSURE TIME", z.coerce.number().positive(), {
    from: comment("COMMANDED EXPOSURE TIME"),
    unit: "s",
  }),
  shutterCloseS: key("SHUTTER CLOSE TIME", z.coerce.number().nonnegative(), {
    from: comment("SHUTTER CLOSE TIME"),
    unit: "s",
  }),
  missingBlocks: key("N_MISSING_BLOCKS", z.coerce.number().int().nonnegative(), { from: comment("N_MISSING_BLOCKS") }),
  blocksHorizontal: key("BLOCKS_HORZ", z.coerce.number().int().positive(), { from: comment("BLOCKS_HORZ") }),
  blocksVertical: key("BLOCKS_VERT", z.coerce.number().int().positive(), { from: comment("BLOCKS_VERT") }),
});

/** The value of a COMMENT card `NAME = value`, without quotes and unit; undefined where there is none. */
function comment(name: string): (header: HeaderView) => string | undefined {
  return (header) => {
    for (const text of header.comments) {
      const equals = text.indexOf("=");
      if (equals === -1 || text.slice(0, equals).trim() !== name) continue;
      const value = text.slice(equals + 1).trim();
      return value.startsWith("'") ? value.slice(1, value.indexOf("'", 1)).trim() : value.replace(/ s$/, "").trim();
    }
    return undefined;
  };
}
