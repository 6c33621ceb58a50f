import { fits } from "../codecs/fits.ts";
import type { NdArray } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import { Header } from "../fits/header.ts";
import { divide, multiply, subtract } from "../math/arithmetic.ts";
import { average } from "../math/average.ts";
import { flagDeadPixels } from "../math/bad-pixels.ts";
import { mergeMasks } from "../math/flags.ts";
import { median } from "../math/order-statistics.ts";
import { fitSurface } from "../math/surface.ts";
import { Tag } from "../scratch/tag.ts";
import { DemoTag, DemoTask } from "./demo-task.ts";
import { exposureNoise } from "./exposure-noise.ts";

/**
 * The response of every pixel, 1 in the middle. The lamp measures each pixel against its neighbours, but lights the detector
 * unevenly; sunlight through the diffuser takes the true path. So the fine pattern is the lamp's, the smooth part the Sun's.
 */
export class MakeFlat extends DemoTask {
  override async run(): Promise<void> {
    const { value: darkCurrent } = await this.readOne([DemoTag.darkCurrent()], fits.frame);
    const lamp = await this.#meanGain(Tag.taskLampGain(), darkCurrent.image);
    const solar = await this.#meanGain(Tag.taskSolarGain(), darkCurrent.image);
    const dead = flagDeadPixels(lamp.image);
    const mask = mergeMasks(darkCurrent.mask, dead) ?? dead;
    // The smooth part rests on all pixels together: it adds no noise that counts.
    const response = multiply(lamp, fitSurface(divide(solar.image, lamp.image), { mask }));
    const flat = divide(response, median(response.image.data));
    const header = Header.from({ OBJECT: ["flat field", ""], BUNIT: ["1", "relative response"] });
    await this.write({ ...flat, header, mask }, [Tag.output(), Tag.extra(), DemoTag.flat()], fits.frame, {
      relativePath: `output/DEMOCAM_${this.datasetId}_FLAT.fits`,
    });
  }

  /** The mean of the gain frames of a kind, their dark taken off, with its variance. */
  async #meanGain(taskTag: string, darkRate: NdArray): Promise<Frame> {
    const tags = [Tag.input(), Tag.frame(), taskTag];
    this.progress.start(await this.count(tags), "frames");
    let header = new Header();
    let frames = 0;
    const images = async function* (this: MakeFlat): AsyncIterable<NdArray> {
      for await (const { value } of this.read(tags, fits.frame)) {
        header = value.header;
        frames += 1;
        yield value.image;
        this.progress.increment();
      }
    };
    const mean = await average(images.call(this));
    const { value: dark } = await this.readOne(this.meanDarkTags(header.number("XPOSURE")), fits.frame);
    const image = subtract(mean, dark.image);
    return { header, image, variance: exposureNoise(image, { header, darkRate, frames, dark: dark.variance }) };
  }
}
