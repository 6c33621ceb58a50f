import { basename } from "node:path";
import { fits, Tag } from "firstlight";
import { subtract } from "firstlight/math";
import { access } from "firstlight/parsing";
import { resampling } from "./correct-header.ts";
import { eitAccess } from "./eit-access.ts";
import { EitTag } from "./eit-tag.ts";
import { EitTask } from "./eit-task.ts";
import { estimatePedestal, pedestalMethod } from "./pedestal.ts";

/** Subtracts the electronic pedestal, one number per frame, and notes it in the header. */
export class RemovePedestal extends EitTask {
  override async run(): Promise<void> {
    const query = [Tag.intermediate(), Tag.frame(), EitTag.masked()];
    this.progress.start(await this.count(query), "frames");
    for await (const { path, value: frame } of this.read(query, fits.frame)) {
      const file = basename(path);
      const { header } = frame;
      const factor = resampling(access(eitAccess, header, file));
      const disk = {
        column: header.number("CRPIX1") - 1,
        row: header.number("CRPIX2") - 1,
        radius: header.number("SOLAR_R") / factor,
      };
      const pedestal = estimatePedestal(frame.image, disk, file);
      const value = rounded(pedestal.value);
      const result = subtract(frame, value);
      result.header.set("PEDESTAL", value, "[DN] subtracted from every pixel");
      result.header.set("PEDSIGMA", rounded(pedestal.uncertainty), "[DN] its uncertainty, one standard deviation");
      result.header.set("PEDMETH", pedestalMethod);
      result.header.addHistory(
        `Done: pedestal of ${pedestal.value.toFixed(2)} +- ${pedestal.uncertainty.toFixed(2)} DN subtracted`,
      );
      await this.write(result, [Tag.intermediate(), Tag.frame(), EitTag.pedestalRemoved()], fits.frame, {
        relativePath: `pedestal-removed/${file}`,
      });
      this.progress.increment();
    }
  }
}

/** What is subtracted is what the card says, to the last digit. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
