import { z } from "zod";
import { fitsAccess, key } from "./fits-access.ts";

/** What the quality metrics of calibrated DKIST frames are made of. The cards of the adaptive optics are there while it measures. */
export const l1QualityFitsAccess = fitsAccess({
  timeObs: key("DATE-BEG", z.string()),
  lightLevel: key("LIGHTLVL", z.number(), { unit: "adu" }),
  healthStatus: key("DSHEALTH", z.string()),
  friedParameter: key("ATMOS_R0", z.number(), { optional: true, unit: "m" }),
  aoStatus: key("AO_LOCK", z.boolean(), { optional: true }),
  numOutOfBoundsAoShifts: key("OOBSHIFT", z.int(), { optional: true }),
});
