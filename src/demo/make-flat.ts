import { fits } from "../codecs/fits.ts";
import type { NdArray } from "../core/ndarray.ts";
import { Header } from "../fits/header.ts";
import { divide, multiply, subtract } from "../math/arithmetic.ts";
import { average } from "../math/average.ts";
import { flagDeadPixels } from "../math/bad-pixels.ts";
import { mergeMasks } from "../math/flags.ts";
import { median } from "../math/order-statistics.ts";
import { fitSurface } from "../math/surface.ts";
import { Tag } from "../scratch/tag.ts";
import { DemoTag, DemoTask } from "./demo-task.ts";

/**
 * The response of every pixel, 1 in the middle. The lamp measures each pixel against its neighbours, but lights the detector
 * unevenly; sunlight through the diffuser takes the true path. So the fine pattern is the lamp's, the smooth part the Sun's.
 */
export class MakeFlat extends DemoTask {
  override async run(): Promise<void> {
    const lamp = await this.#meanGain(Tag.taskLampGain());
    const solar = await this.#meanGain(Tag.taskSolarGain());
    const { value: darkCurrent } = await this.readOne([DemoTag.darkCurrent()], fits.frame);
    const mask = mergeMasks(darkCurrent.mask, flagDeadPixels(lamp)) ?? flagDeadPixels(lamp);
    const response = multiply(lamp, fitSurface(divide(solar, lamp), { mask }));
    const image = divide(response, median(response.data));
    const header = Header.from({ OBJECT: ["flat field", ""], BUNIT: ["1", "relative response"] });
    await this.write({ header, image, mask }, [Tag.output(), Tag.extra(), DemoTag.flat()], fits.frame, {
      relativePath: `output/DEMOCAM_${this.datasetId}_FLAT.fits`,
    });
  }

  /** The mean of the gain frames of a kind, their dark taken off. */
  async #meanGain(taskTag: string): Promise<NdArray> {
    const tags = [Tag.input(), Tag.frame(), taskTag];
    this.progress.start(await this.count(tags), "frames");
    let exposureMs = 0;
    const images = async function* (this: MakeFlat): AsyncIterable<NdArray> {
      for await (const { value } of this.read(tags, fits.frame)) {
        exposureMs = value.header.number("XPOSURE");
        yield value.image;
        this.progress.increment();
      }
    };
    const mean = await average(images.call(this));
    const { value: dark } = await this.readOne(this.meanDarkTags(exposureMs), fits.frame);
    return subtract(mean, dark.image);
  }
}
