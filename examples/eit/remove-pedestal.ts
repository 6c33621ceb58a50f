import { fits, real, Tag } from "firstlight";
import { subtract } from "firstlight/math";
import { trueRadius } from "./correct-coordinates.ts";
import { EitTag } from "./eit-tag.ts";
import { EitTask } from "./eit-task.ts";
import { estimatePedestal, pedestalMethod } from "./pedestal.ts";

/** Subtracts the electronic pedestal, one number per frame, and says in the header what was subtracted. */
export class RemovePedestal extends EitTask {
  override async run(): Promise<void> {
    for await (const { file, frame, eit } of this.frames([Tag.intermediate(), Tag.frame(), EitTag.blocksMasked()])) {
      // FITS counts pixels from 1.
      const disk = { column: eit.sunColumn - 1, row: eit.sunRow - 1, radius: trueRadius(eit) };
      const found = estimatePedestal(frame.image, disk, file);
      const [pedestal, uncertainty] = [rounded(found.value), rounded(found.uncertainty)];
      const result = subtract(frame, pedestal);
      result.header
        .set("PEDESTAL", real(pedestal), "[adu] subtracted from every pixel")
        .set("PEDSIGMA", real(uncertainty), "[adu] its uncertainty: 1 sigma of the tiles")
        .set("PEDMETH", pedestalMethod)
        .addHistory(`Done: pedestal of ${pedestal} +- ${uncertainty} adu subtracted`);
      await this.write(result, [Tag.intermediate(), Tag.frame(), EitTag.pedestalRemoved()], fits.frame, {
        relativePath: `pedestal-removed/${file}`,
      });
    }
  }
}

/** What is subtracted is what the card says, to the last digit. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
