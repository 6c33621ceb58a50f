import { fits } from "../codecs/fits.ts";
import type { NdArray } from "../core/ndarray.ts";
import { Header } from "../fits/header.ts";
import { multiply } from "../math/arithmetic.ts";
import { meanAndDeviation } from "../math/mean-and-deviation.ts";
import { Tag } from "../scratch/tag.ts";
import { DemoTask } from "./demo-task.ts";

/** One mean dark per exposure time, with the variance of the mean: bias and dark current together. */
export class AverageDarks extends DemoTask {
  override async run(): Promise<void> {
    this.progress.start(await this.count([Tag.input(), Tag.frame(), Tag.taskDark()]), "frames");
    for (const exposureMs of this.demo.darkExposureTimesMs) {
      const { mean, deviation, count } = await meanAndDeviation(this.#darks(exposureMs), { ddof: 1 });
      const header = Header.from({ XPOSURE: [Number(exposureMs), "[ms]"], NFRAMES: [count, "darks averaged"] });
      const variance = multiply(multiply(deviation, deviation), 1 / count);
      await this.write({ header, image: mean, variance }, this.meanDarkTags(exposureMs), fits.frame);
    }
  }

  async *#darks(exposureMs: Parameters<typeof Tag.exposureTime>[0]): AsyncIterable<NdArray> {
    const tags = [Tag.input(), Tag.frame(), Tag.taskDark(), Tag.exposureTime(exposureMs)];
    for await (const { value } of this.read(tags, fits.frame)) {
      yield value.image;
      this.progress.increment();
    }
  }
}
