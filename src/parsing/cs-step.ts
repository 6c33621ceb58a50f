import { roundDigits } from "../core/round-digits.ts";
import { StemName } from "../scratch/stem-name.ts";
import { TaskName } from "../scratch/task-name.ts";
import { BudName } from "./bud-name.ts";
import type { AccessTo } from "./fits-access.ts";
import { pythonModulo } from "./python-modulo.ts";
import { type Bud, type Flower, spilledDirt } from "./stem.ts";
import { forTasks, type TaskParser } from "./task-type.ts";
import { timeObsUs } from "./time-obs-us.ts";

/** What a stem of the calibration sequence asks of a frame. */
export type CsStepAttribute =
  | "gosPolarizerStatus"
  | "gosPolarizerAngle"
  | "gosRetarderStatus"
  | "gosRetarderAngle"
  | "gosLevel0Status"
  | "timeObs";

interface Frame {
  readonly timeUs: number;
  readonly file: string;
}

interface CsStep {
  readonly beganUs: number;
  readonly configuration: string;
  readonly files: string[];
}

/**
 * `CS_STEP_<index>` on polcal frames: which step of the calibration sequence they belong to, counted from 0 in the order of time.
 *
 * Frames are of one step when their optics stand alike (polarizer and retarder in or out, their angles to a tenth of a
 * degree modulo 360°, dark shutter in or out) and they began at most `maxStepTimeS` after the first frame of the step; optics
 * that come back later make a step of their own. Frames are grouped in the order of their times, whatever the order
 * in which they are read.
 */
export function csStepFlower<ForTask extends string = "ipTaskType">(
  maxStepTimeS: number,
  parse?: TaskParser<ForTask>,
): Flower<CsStepAttribute | ForTask> {
  const frames = gather();
  const stem: Flower<CsStepAttribute> = {
    kind: "flower",
    name: StemName.csStep,
    set: frames.note,
    get: () => frames.steps(maxStepTimeS).map(({ files }, index) => ({ value: index, files })),
  };
  return forTasks(stem, TaskName.polcal, parse);
}

/** How many steps the calibration sequence has, as `csStepFlower` tells them apart. Without polcal frames nothing is stored. */
export function numCsStepsBud<ForTask extends string = "ipTaskType">(
  maxStepTimeS: number,
  parse?: TaskParser<ForTask>,
): Bud<CsStepAttribute | ForTask> {
  const frames = gather();
  const stem: Bud<CsStepAttribute> = {
    kind: "bud",
    name: BudName.numCsSteps,
    set: frames.note,
    get: () => frames.steps(maxStepTimeS).length || spilledDirt,
  };
  return forTasks(stem, TaskName.polcal, parse);
}

/** The frames of each configuration. Equality within a time is not transitive, so nothing is grouped before all are there. */
function gather() {
  const byConfiguration = new Map<string, Frame[]>();
  return {
    note(file: string, access: AccessTo<CsStepAttribute>): void {
      const timeUs = timeObsUs(access);
      if (timeUs === undefined) return;
      const configuration = configurationOf(access);
      const frames = byConfiguration.get(configuration);
      if (frames === undefined) byConfiguration.set(configuration, [{ timeUs, file }]);
      else frames.push({ timeUs, file });
    },
    steps(maxStepTimeS: number): readonly CsStep[] {
      const steps = [...byConfiguration].flatMap(([configuration, frames]) =>
        stepsOf(configuration, frames, maxStepTimeS * 1e6),
      );
      return steps.sort((a, b) => a.beganUs - b.beganUs || compare(a.configuration, b.configuration));
    },
  };
}

function stepsOf(configuration: string, frames: readonly Frame[], maxStepTimeUs: number): readonly CsStep[] {
  const steps: CsStep[] = [];
  let current: CsStep | undefined;
  for (const { timeUs, file } of frames.toSorted((a, b) => a.timeUs - b.timeUs || compare(a.file, b.file))) {
    if (current === undefined || timeUs - current.beganUs > maxStepTimeUs) {
      current = { beganUs: timeUs, configuration, files: [] };
      steps.push(current);
    }
    current.files.push(file);
  }
  return steps;
}

function configurationOf(access: AccessTo<CsStepAttribute>): string {
  return [
    isIn(access, "gosPolarizerStatus"),
    angleOf(access, "gosPolarizerAngle"),
    isIn(access, "gosRetarderStatus"),
    angleOf(access, "gosRetarderAngle"),
    fold(access, "gosLevel0Status") === "darkshutter",
  ].join(" ");
}

function isIn(access: AccessTo<CsStepAttribute>, status: CsStepAttribute): boolean {
  const said = fold(access, status);
  return said !== "clear" && said !== "undefined";
}

/** To a tenth of a degree and modulo 360° after that, as Python does it: 359.97 is 0, and -999, no angle, is 81. */
function angleOf(access: AccessTo<CsStepAttribute>, attribute: CsStepAttribute): number {
  return pythonModulo(roundDigits(Number(access.scalar(attribute) ?? -999), 1), 360);
}

function fold(access: AccessTo<CsStepAttribute>, attribute: CsStepAttribute): string {
  return String(access.scalar(attribute) ?? "undefined").toLowerCase();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
