import { basename } from "node:path";
import { fits, Tag } from "firstlight";
import { amend } from "firstlight/headers";
import { divide } from "firstlight/math";
import { access } from "firstlight/parsing";
import { checkExposure } from "./correct-header.ts";
import { eitAccess } from "./eit-access.ts";
import { EitTag } from "./eit-tag.ts";
import { EitTask } from "./eit-task.ts";

/** Turns counts into counts per second. EXPTIME holds the time that the shutter took to close already. */
export class DivideByExposure extends EitTask {
  override async run(): Promise<void> {
    const query = [Tag.intermediate(), Tag.frame(), EitTag.pedestalRemoved()];
    this.progress.start(await this.count(query), "frames");
    for await (const { path, value: frame } of this.read(query, fits.frame)) {
      const file = basename(path);
      const eit = access(eitAccess, frame.header, file);
      checkExposure(eit);
      const rate = divide(frame, eit.exposureTimeS);
      amend(rate.header, "BUNIT", "adu/s", "Counts of the camera per second and pixel");
      rate.header.addHistory(`Done: divided by EXPTIME, ${eit.exposureTimeS} s, shutter close time included`);
      await this.write(rate, [Tag.calibrated(), Tag.frame()], fits.frame, { relativePath: `calibrated/${file}` });
      this.progress.increment();
    }
  }
}
