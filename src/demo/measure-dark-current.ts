import { fits } from "../codecs/fits.ts";
import { Header } from "../fits/header.ts";
import { multiply, subtract } from "../math/arithmetic.ts";
import { flagHotPixels } from "../math/bad-pixels.ts";
import { Tag } from "../scratch/tag.ts";
import { detector } from "./camera-options.ts";
import { DemoTag, DemoTask } from "./demo-task.ts";

/** The dark current: what the longest dark has more than the shortest, per second. The bias drops out. Hot pixels show in it. */
export class MeasureDarkCurrent extends DemoTask {
  override async run(): Promise<void> {
    const times = this.demo.darkExposureTimesMs.map((time) => ({ time, seconds: Number(time) / 1000 }));
    const shortest = times.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    const longest = times.reduce((a, b) => (b.seconds > a.seconds ? b : a));
    const { value: long } = await this.readOne(this.meanDarkTags(longest.time), fits.frame);
    const { value: short } = await this.readOne(this.meanDarkTags(shortest.time), fits.frame);
    const rate = multiply(subtract(long, short), detector.electronsPerAdu / (longest.seconds - shortest.seconds));
    const header = Header.from({
      OBJECT: ["dark current", ""],
      BUNIT: ["electron/s", "per pixel"],
      DARKLONG: [longest.seconds, "[s] exposure of the long darks"],
      DARKSHRT: [shortest.seconds, "[s] exposure of the short darks"],
    });
    await this.write(
      { ...rate, header, mask: flagHotPixels(rate.image) },
      [Tag.output(), Tag.extra(), DemoTag.darkCurrent()],
      fits.frame,
      { relativePath: `output/DEMOCAM_${this.datasetId}_DARK-CURRENT.fits` },
    );
  }
}
