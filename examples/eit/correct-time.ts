import { FirstlightError } from "firstlight";
import type { Header } from "firstlight/fits";
import { amend } from "firstlight/headers";
import { formatFitsTimeUs, parseFitsTimeUs } from "firstlight/parsing";
import type { Eit } from "./eit-access.ts";

/**
 * Makes the times true: DATE-BEG is the corrected start of the exposure, DATE-END lies EXPTIME after it. From both the
 * header profile makes DATE-AVG. The cards that held the uncorrected time get the corrected one; what they said goes into
 * HISTORY.
 */
export function correctTime(header: Header, eit: Eit): Header {
  const beginUs = parseFitsTimeUs(eit.timeObs);
  if (beginUs === undefined) {
    throw new FirstlightError("EIT_TIME", `${eit.file}: CORRECTED DATE_OBS is '${eit.timeObs}', which is no date.`, {
      fields: { file: eit.file, timeObs: eit.timeObs },
    });
  }
  const begin = milliseconds(beginUs);
  const end = milliseconds(beginUs + eit.exposureTimeS * 1e6);
  const corrected = header.clone();
  corrected.addHistory("Done: times replaced by the corrected time of observation");
  amend(corrected, "TIME-OBS", begin.slice(11, 19), "UTC, corrected");
  amend(corrected, "DATE-OBS", begin, "UTC, corrected");
  amend(corrected, "DATE_OBS", `${begin}Z`, "UTC, corrected");
  for (const [key, value] of [
    ["DATE-END", end],
    ["DATE-BEG", begin],
  ] as const) {
    if (!corrected.has(key)) corrected.setAfter("DATE-OBS", key, value, "UTC, corrected");
    amend(corrected, key, value, "UTC, corrected");
  }
  return corrected;
}

/** As the archive writes times: `2004-02-29T23:58:20.443`. */
function milliseconds(us: number): string {
  return formatFitsTimeUs(Math.round(us / 1000) * 1000).slice(0, 23);
}
