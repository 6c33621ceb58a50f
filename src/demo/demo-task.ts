import { z } from "zod";
import { BudName } from "../parsing/bud-name.ts";
import { constant, constantsView, exactNumber } from "../parsing/constants-view.ts";
import { Tag } from "../scratch/tag.ts";
import { ScienceTaskL0ToL1Base } from "../tasks/science-task.ts";

const demoConstants = {
  darkExposureTimesMs: constant(BudName.darkExposureTimes, z.array(exactNumber), { from: "ParseDemo", exact: true }),
};

/** The tags of what the calibration makes for itself. */
export const DemoTag = {
  meanDark: () => "MEAN_DARK",
  darkCurrent: () => "DARK_CURRENT",
  flat: () => "FLAT",
} as const;

/** The base of the demo's own tasks. */
export abstract class DemoTask extends ScienceTaskL0ToL1Base {
  get demo() {
    return constantsView(this, demoConstants);
  }

  /** The mean dark of an exposure time. */
  meanDarkTags(exposureMs: Parameters<typeof Tag.exposureTime>[0]): readonly string[] {
    return [Tag.intermediate(), DemoTag.meanDark(), Tag.exposureTime(exposureMs)];
  }
}
