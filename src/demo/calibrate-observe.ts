import { basename } from "node:path";
import { fits } from "../codecs/fits.ts";
import type { Frame } from "../fits/frame.ts";
import { divide, subtract } from "../math/arithmetic.ts";
import { repairPixels } from "../math/repair-pixels.ts";
import { Tag } from "../scratch/tag.ts";
import { DemoTag, DemoTask } from "./demo-task.ts";
import { exposureNoise } from "./exposure-noise.ts";

/** Subtracts the dark of the same exposure time, divides by the flat, flags bad pixels and fills them from their neighbours. */
export class CalibrateObserve extends DemoTask {
  override async run(): Promise<void> {
    const query = [Tag.input(), Tag.frame(), Tag.taskObserve()];
    this.progress.start(await this.count(query), "frames");
    const { value: flat } = await this.readOne([DemoTag.flat()], fits.frame);
    const { value: darkCurrent } = await this.readOne([DemoTag.darkCurrent()], fits.frame);
    const darks = new Map<number, Frame>();
    for await (const { path, value: raw } of this.read(query, fits.frame)) {
      const exposureMs = raw.header.number("XPOSURE");
      const dark = darks.get(exposureMs) ?? (await this.readOne(this.meanDarkTags(exposureMs), fits.frame)).value;
      darks.set(exposureMs, dark);
      const light = subtract(raw, dark);
      const variance = exposureNoise(light.image, {
        header: raw.header,
        darkRate: darkCurrent.image,
        dark: dark.variance,
      });
      const calibrated = repairPixels(divide({ ...light, variance }, flat));
      const { header } = calibrated;
      header.addHistory(`Dark of ${exposureMs} ms subtracted`);
      header.addHistory("Divided by the flat field of lamp and Sun");
      header.addHistory("Hot and dead pixels flagged in MASK, filled from their neighbours");
      await this.write(calibrated, [Tag.calibrated(), Tag.frame(), Tag.taskObserve()], fits.frame, {
        relativePath: `calibrated/${basename(path)}`,
      });
      this.progress.increment();
    }
  }
}
