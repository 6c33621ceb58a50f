import { fits, Tag } from "firstlight";
import { amend } from "firstlight/headers";
import { divide } from "firstlight/math";
import { EitTag } from "./eit-tag.ts";
import { EitTask } from "./eit-task.ts";

/** Turns counts into counts per second. EXPTIME holds the time that the shutter took to close already. */
export class DivideByExposure extends EitTask {
  override async run(): Promise<void> {
    for await (const { file, frame, eit } of this.frames([Tag.intermediate(), Tag.frame(), EitTag.pedestalRemoved()])) {
      const rate = divide(frame, eit.exposureTimeS);
      rate.header.addHistory(`Done: divided by EXPTIME, ${eit.exposureTimeS} s, shutter close time included`);
      // The old card goes into HISTORY.
      amend(rate.header, "BUNIT", "adu/s", "counts of the camera per second and pixel");
      await this.write(rate, [Tag.calibrated(), Tag.frame()], fits.frame, { relativePath: `calibrated/${file}` });
    }
  }
}
