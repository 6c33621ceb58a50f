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
  /** Throws `TAG_ILLEGAL` for a part that is none: undefined, null, an object. */
  format: (stem: string, ...parts: readonly Scalar[]): string =>
    [stem, ...parts].map((part, i) => pythonStr(scalarOf(stem, part, i)).toUpperCase()).join("_"),

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
  exposureTime: (timeMs: Time) => Tag.format(StemName.exposureTime, rounded(StemName.exposureTime, timeMs)),
  readoutExposureTime: (timeMs: Time) =>
    Tag.format(StemName.readoutExposureTime, rounded(StemName.readoutExposureTime, timeMs)),

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

function rounded(stem: string, time: Time): Scalar {
  if (typeof time === "bigint") return time;
  const value: unknown = isReal(time) ? time.value : time;
  if (typeof value !== "number") throw partIllegal(stem, value, "a time in milliseconds is a number");
  return new Real(roundDigits(value, 6));
}

/** The type checker keeps such parts out; who writes JavaScript has none. */
function scalarOf(stem: string, part: unknown, place: number): Scalar {
  if (place === 0 && typeof part !== "string") throw partIllegal("", part, "a tag begins with its stem, a text");
  if (isReal(part) || ["string", "number", "bigint", "boolean"].includes(typeof part)) return part as Scalar;
  throw partIllegal(stem, part, "a tag is made of texts and numbers");
}

function partIllegal(stem: string, part: unknown, rule: string): FirstlightError {
  const shown = typeof part === "string" ? `"${part}"` : typeof part === "object" && part !== null ? "an object" : part;
  return new FirstlightError(
    "TAG_ILLEGAL",
    `No tag${stem === "" ? "" : ` ${stem}_…`} can be made of ${String(shown)}: ${rule}. Look at where the value comes from.`,
    { disposition: "invalid", fields: { stem, part } },
  );
}

const legal = /^[A-Z0-9][A-Z0-9 _.:+/-]{0,199}$/;

function shownTag(tag: unknown): string {
  if (Array.isArray(tag)) return "A list within the list";
  return `'${String(tag).slice(0, 250)}'`;
}

export function isLegalTag(tag: unknown): boolean {
  return typeof tag === "string" && legal.test(tag);
}

/**
 * Refuses what may not be written as a tag, and one that stands where a list of them is asked; what others wrote is read
 * whatever it is. Throws `TAG_ILLEGAL`.
 */
export function requireLegalTags(tags: readonly string[]): void {
  if (!Array.isArray(tags)) {
    const found: unknown = tags;
    const shown = typeof found === "string" ? `'${found}'` : String(found);
    throw new FirstlightError(
      "TAG_ILLEGAL",
      `Tags are given as a list, and this is none: ${shown}.${typeof found === "string" ? ` Write ['${found}'].` : ""}`,
      { disposition: "invalid", fields: { tags: found } },
    );
  }
  for (const tag of tags) {
    if (isLegalTag(tag)) continue;
    throw new FirstlightError(
      "TAG_ILLEGAL",
      `${shownTag(tag)} cannot be written as a tag. A tag begins with A-Z or 0-9, goes on with A-Z, 0-9, blank or _ . : + / -, and has at most 200 characters. Tag.format(stem, value) puts a value into upper case.`,
      { disposition: "invalid", fields: { tag } },
    );
  }
}
