import { FirstlightError } from "../core/errors.ts";
import { roundDigits } from "../core/round-digits.ts";
import { isReal, pythonStr, Real, type Scalar } from "../core/scalar.ts";
import { StemName } from "./stem-name.ts";
import { TaskName } from "./task-name.ts";

/**
 * Spells tags: `STEM`, or `STEM_VALUE` in upper case. Numbers are spelt as Python spells them: an integer without a point,
 * a real with its point or exponent (`real(10)` gives `10.0`).
 */
export const Tag = {
  format: (stem: string, ...parts: readonly Scalar[]): string =>
    [stem, ...parts].map((part) => pythonStr(part).toUpperCase()).join("_"),

  input: () => Tag.format(StemName.input),
  output: () => Tag.format(StemName.output),
  intermediate: () => Tag.format(StemName.intermediate),
  calibrated: () => Tag.format(StemName.calibrated),
  frame: () => Tag.format(StemName.frame),
  movie: () => Tag.format(StemName.movie),
  movieFrame: () => Tag.format(StemName.movieFrame),
  debug: () => Tag.format(StemName.debug),
  qualityData: () => Tag.format(StemName.qualityData),
  qualityReport: () => Tag.format(StemName.qualityReport),
  datasetInventory: () => Tag.format(StemName.datasetInventory),
  asdf: () => Tag.format(StemName.asdf),
  extra: () => Tag.format(StemName.extra),
  inputDatasetObserveFrames: () => Tag.format(StemName.inputDataset, "OBSERVE_FRAMES"),
  inputDatasetCalibrationFrames: () => Tag.format(StemName.inputDataset, "CALIBRATION_FRAMES"),
  inputDatasetParameters: () => Tag.format(StemName.inputDataset, "PARAMETERS"),

  csStep: (step: number) => Tag.format(StemName.csStep, step),
  modstate: (state: number) => Tag.format(StemName.modstate, state),
  stokes: (parameter: string) => Tag.format(StemName.stokes, parameter),
  dspsRepeat: (repeat: number) => Tag.format(StemName.dspsRepeat, repeat),
  quality: (metric: string) => Tag.format(StemName.quality, metric),
  qualityTask: (taskType: string) => Tag.format(StemName.qualityTask, taskType),
  parameter: (fileName: string) => Tag.format(StemName.parameter, fileName),
  workflowTask: (className: string) => Tag.format(StemName.workflowTask, className),
  /** Milliseconds, rounded to six digits: `Tag.exposureTime(10)` is `EXP_TIME_10.0`. A header's integer is a `bigint` here. */
  exposureTime: (timeMs: Time) => Tag.format(StemName.exposureTime, rounded(timeMs)),
  readoutExposureTime: (timeMs: Time) => Tag.format(StemName.readoutExposureTime, rounded(timeMs)),

  task: (taskType: string) => Tag.format(StemName.task, taskType),
  taskObserve: () => Tag.task(TaskName.observe),
  taskPolcal: () => Tag.task(TaskName.polcal),
  taskPolcalDark: () => Tag.task(TaskName.polcalDark),
  taskPolcalGain: () => Tag.task(TaskName.polcalGain),
  taskDark: () => Tag.task(TaskName.dark),
  taskGain: () => Tag.task(TaskName.gain),
  taskLampGain: () => Tag.task(TaskName.lampGain),
  taskSolarGain: () => Tag.task(TaskName.solarGain),
  taskDemodulationMatrices: () => Tag.task(TaskName.demodulationMatrices),
  taskGeometric: () => Tag.task(TaskName.geometric),
  taskGeometricAngle: () => Tag.task(TaskName.geometricAngle),
  taskGeometricOffset: () => Tag.task(TaskName.geometricOffsets),
  taskGeometricSpectralShifts: () => Tag.task(TaskName.geometricSpectralShifts),
} as const;

type Time = number | bigint | Real;

function rounded(time: Time): Scalar {
  if (typeof time === "bigint") return time;
  return new Real(roundDigits(isReal(time) ? time.value : time, 6));
}

const legal = /^[A-Z0-9][A-Z0-9 _.:+/-]{0,199}$/;

export function isLegalTag(tag: unknown): boolean {
  return typeof tag === "string" && legal.test(tag);
}

/** Refuses what may not be written as a tag; what others wrote is read whatever it is. Throws `TAG_ILLEGAL`. */
export function requireLegalTags(tags: readonly string[]): void {
  for (const tag of tags) {
    if (isLegalTag(tag)) continue;
    throw new FirstlightError(
      "TAG_ILLEGAL",
      `'${String(tag).slice(0, 250)}' cannot be written as a tag. A tag begins with A-Z or 0-9, goes on with A-Z, 0-9, blank or _ . : + / -, and has at most 200 characters. Tag.format(stem, value) puts a value into upper case.`,
      { disposition: "invalid", fields: { tag } },
    );
  }
}
