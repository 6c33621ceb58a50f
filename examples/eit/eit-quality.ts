import { basename } from "node:path";
import { fits, json, Tag } from "firstlight";
import type { Header } from "firstlight/fits";
import { median } from "firstlight/math";
import { access } from "firstlight/parsing";
import { QualityL0Metrics } from "firstlight/tasks";
import { eitAccess } from "./eit-access.ts";
import { EitTag } from "./eit-tag.ts";

const widestInSigma = 3;

/**
 * Average and RMS of every frame, and what an observer should know of some. Taken once the pedestal is gone: over exposure
 * times that differ, 844 counts of it would look like a change of the Sun.
 */
export class EitQuality extends QualityL0Metrics {
  override readonly rawFrameTags = [Tag.intermediate(), Tag.frame(), EitTag.pedestalRemoved()];

  /** Every frame of EIT is an observation. */
  override groups() {
    return [{ taskType: "OBSERVE", tags: [] }];
  }

  override exposure(header: Header, file: string) {
    const eit = access(eitAccess, header, file);
    return { time: eit.timeObs, seconds: eit.exposureTimeS };
  }

  override async run(): Promise<void> {
    await super.run();
    const failing = await this.paths([Tag.input(), Tag.frame(), EitTag.cameraError("yes")]);
    await this.#warn(
      "Camera",
      failing.map((path) => `${basename(path)} was taken with CAMERA_ERR = 'yes'`),
    );
    const pedestals: { readonly file: string; readonly value: number; readonly sigma: number }[] = [];
    const gaps: string[] = [];
    for await (const { path, value: header } of this.read(this.rawFrameTags, fits.header)) {
      const file = basename(path);
      const { missingBlocks } = access(eitAccess, header, file);
      if (missingBlocks > 0) gaps.push(`${file} misses ${missingBlocks} of its telemetry blocks`);
      pedestals.push({ file, value: header.number("PEDESTAL"), sigma: header.number("PEDSIGMA") });
    }
    await this.#warn("Telemetry", gaps);
    const usual = median(Float64Array.from(pedestals, ({ value }) => value));
    await this.#warn(
      "Pedestal",
      pedestals
        .filter(({ value, sigma }) => Math.abs(value - usual) > widestInSigma * sigma)
        .map(({ file, value }) => `${file} has ${value} adu, where ${usual} adu are usual in this run`),
    );
  }

  /** A record of the metric RANGE; `AssembleQualityData` brings all of them into the report. */
  async #warn(name: string, warnings: readonly string[]): Promise<void> {
    await this.write({ name, warnings }, [Tag.quality("RANGE")], json);
  }
}
