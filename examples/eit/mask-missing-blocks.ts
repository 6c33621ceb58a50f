import { basename } from "node:path";
import { fits, Tag } from "firstlight";
import { access } from "firstlight/parsing";
import { eitAccess } from "./eit-access.ts";
import { EitTag } from "./eit-tag.ts";
import { EitTask } from "./eit-task.ts";
import { maskMissingBlocks } from "./missing-blocks.ts";

/** Turns missing telemetry blocks into NaN and mask flags. */
export class MaskMissingBlocks extends EitTask {
  override async run(): Promise<void> {
    this.progress.start(await this.count([Tag.input(), Tag.frame()]), "frames");
    for await (const { path, value: frame } of this.read([Tag.input(), Tag.frame()], fits.frame)) {
      const file = basename(path);
      const eit = access(eitAccess, frame.header, file);
      const masked = maskMissingBlocks(
        frame,
        { missing: eit.missingBlocks, horizontal: eit.blocksHorizontal, vertical: eit.blocksVertical },
        file,
      );
      const header = frame.header.clone();
      header.addHistory(`Done: missing telemetry blocks (${eit.missingBlocks}) set to NaN, flagged in MASK`);
      await this.write({ ...masked, header }, [Tag.intermediate(), Tag.frame(), EitTag.masked()], fits.frame, {
        relativePath: `masked/${file}`,
      });
      this.progress.increment();
    }
  }
}
