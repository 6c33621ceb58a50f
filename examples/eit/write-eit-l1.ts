import type { Frame, Header } from "firstlight/fits";
import { amend } from "firstlight/headers";
import { access } from "firstlight/parsing";
import { WriteL1Frame } from "firstlight/tasks";
import { correctCoordinates } from "./correct-coordinates.ts";
import { correctTime } from "./correct-time.ts";
import { eitAccess } from "./eit-access.ts";

/** Steps of the instrument's standard preparation that need calibration data which this example does not have. */
const notDone = ["degrid", "flat field", "response"] as const;

/** L1 of EIT. It is partial, and its header says which steps were done and which were not. */
export class WriteEitL1 extends WriteL1Frame {
  override fileNameParts(header: Header): readonly string[] {
    return [String(header.integer("WAVELNTH"))];
  }

  override l1Header(frame: Frame, file: string): Header {
    const eit = access(eitAccess, frame.header, file);
    const header = correctTime(correctCoordinates(frame.header, eit), eit);
    header.addHistory("Done: pixels stored as float32");
    amend(header, "BITPIX", -32);
    for (const step of notDone) header.addHistory(`Not done: ${step}`);
    return header;
  }
}
