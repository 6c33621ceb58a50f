import type { Frame, Header } from "firstlight/fits";
import { access } from "firstlight/parsing";
import { WriteL1Frame } from "firstlight/tasks";
import { correctCoordinates, correctTime } from "./correct-header.ts";
import { eitAccess } from "./eit-access.ts";

/** Steps of the instrument's standard preparation (eit_prep) that need calibration data which this example has not. */
const notDone = ["degrid", "flat field", "response normalisation"] as const;

/** L1 of EIT, partial: the header says which steps were done, and which were not. */
export class WriteEitL1 extends WriteL1Frame {
  override fileNameParts(header: Header): readonly string[] {
    return [String(header.integer("WAVELNTH"))];
  }

  override l1Header(frame: Frame, file: string): Header {
    const eit = access(eitAccess, frame.header, file);
    const header = correctTime(correctCoordinates(frame.header, eit), eit);
    header.addHistory("Done: scale, radius, roll and unit of the coordinates corrected for the resampling");
    header.addHistory("Done: times corrected for the on-board clock");
    for (const step of notDone) header.addHistory(`Not done: ${step}`);
    return header;
  }
}
