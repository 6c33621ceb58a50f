import { basename } from "node:path";
import { fits } from "../codecs/fits.ts";
import type { Frame } from "../fits/frame.ts";
import { divide, subtract } from "../math/arithmetic.ts";
import { mergeMasks, pixelFlags } from "../math/flags.ts";
import { repairPixels } from "../math/repair-pixels.ts";
import { Tag } from "../scratch/tag.ts";
import { DemoTag, DemoTask } from "./demo-task.ts";

/** Subtracts the dark of the same exposure time, divides by the flat, flags bad pixels and fills them from their neighbours. */
export class CalibrateObserve extends DemoTask {
  override async run(): Promise<void> {
    const query = [Tag.input(), Tag.frame(), Tag.taskObserve()];
    this.progress.start(await this.count(query), "frames");
    const { value: flat } = await this.readOne([DemoTag.flat()], fits.frame);
    const darks = new Map<number, Frame>();
    for await (const { path, value: raw } of this.read(query, fits.frame)) {
      const exposureMs = raw.header.number("XPOSURE");
      const dark = darks.get(exposureMs) ?? (await this.readOne(this.meanDarkTags(exposureMs), fits.frame)).value;
      darks.set(exposureMs, dark);
      const calibrated = divide(withNoise(subtract(raw, dark)), flat);
      const mask = mergeMasks(calibrated.mask, flat.mask);
      const image = mask === undefined ? calibrated.image : repairPixels(calibrated.image, mask);
      if (mask !== undefined)
        for (let i = 0; i < mask.data.length; i++)
          if (mask.data[i] !== 0) mask.data[i] = (mask.data[i] ?? 0) | pixelFlags.repaired;
      const { header } = calibrated;
      header.addHistory(`Dark of ${exposureMs} ms subtracted`);
      header.addHistory("Divided by the flat field of lamp and Sun");
      header.addHistory("Hot and dead pixels flagged in MASK, filled from their neighbours");
      await this.write(
        { ...calibrated, image, ...(mask === undefined ? {} : { mask }) },
        [Tag.calibrated(), Tag.frame(), Tag.taskObserve()],
        fits.frame,
        { relativePath: `calibrated/${basename(path)}` },
      );
      this.progress.increment();
    }
  }
}

/**
 * The variance of one exposure in adu²: photons, read noise and rounding, beside that of the dark, which is there already.
 * DETGAIN is in electrons per adu, RDNOISE in electrons.
 */
function withNoise(frame: Frame): Frame {
  const perAdu = frame.header.number("DETGAIN");
  const floor = (frame.header.number("RDNOISE") / perAdu) ** 2 + 1 / 12;
  const signal = frame.image.data;
  const known = frame.variance?.data;
  const data = new Float32Array(signal.length);
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.max(Number(signal[i]), 0) / perAdu + floor + (known === undefined ? 0 : Number(known[i]));
  }
  return { ...frame, variance: { data, shape: frame.image.shape } };
}
