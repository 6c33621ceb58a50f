import { fits, Tag } from "firstlight";
import { EitTag } from "./eit-tag.ts";
import { EitTask } from "./eit-task.ts";
import { maskMissingBlocks } from "./missing-blocks.ts";

/** Turns missing telemetry blocks into NaN and mask flags. */
export class MaskMissingBlocks extends EitTask {
  override async run(): Promise<void> {
    for await (const { file, frame, eit } of this.frames([Tag.input(), Tag.frame()])) {
      const masked = maskMissingBlocks(frame, eit);
      const header = frame.header.clone();
      header.addHistory(
        eit.missingBlocks === 0
          ? "Done: zero pixels looked for, no telemetry block is missing"
          : `Done: missing telemetry blocks (${eit.missingBlocks}) set to NaN, flagged in MASK`,
      );
      await this.write({ ...masked, header }, [Tag.intermediate(), Tag.frame(), EitTag.blocksMasked()], fits.frame, {
        relativePath: `blocks-masked/${file}`,
      });
    }
  }
}
