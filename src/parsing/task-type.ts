import { TaskName } from "../scratch/task-name.ts";
import type { AccessTo } from "./fits-access.ts";
import { type Bud, type Flower, type SpilledDirt, type Stem, spilledDirt } from "./stem.ts";

/** Says what task a frame was taken for. */
export type TaskParser<Attribute extends string = string> = (access: AccessTo<Attribute>) => string | SpilledDirt;

/** The task as the header names it; a frame whose header names none belongs to no task. */
export function passthroughTask(access: AccessTo<"ipTaskType">): string | SpilledDirt {
  return textOf(access, "ipTaskType") ?? spilledDirt;
}

/**
 * As the header names it, but gain frames told apart: LAMP_GAIN where a lamp is in the beam and on, SOLAR_GAIN where the
 * beam is clear. Letters' case does not matter.
 */
export function taskWithGains(
  access: AccessTo<"ipTaskType" | "gosLevel3Status" | "gosLevel3LampStatus">,
): string | SpilledDirt {
  const task = passthroughTask(access);
  if (task === spilledDirt || fold(task) !== "gain") return task;
  const level3 = fold(textOf(access, "gosLevel3Status") ?? "");
  if (level3 === "clear") return TaskName.solarGain;
  const isLit = level3 === "lamp" && fold(textOf(access, "gosLevel3LampStatus") ?? "") === "on";
  return isLit ? TaskName.lampGain : task;
}

/**
 * Which calibration of the polarimeter a polcal frame is besides: POLCAL_DARK with the shutter closed, POLCAL_GAIN through a
 * field stop, both with polarizer and retarder out of the beam. Every other frame spills. Letters' case does not matter.
 */
export function polcalTask(
  access: AccessTo<"ipTaskType" | "gosLevel0Status" | "gosPolarizerStatus" | "gosRetarderStatus">,
): string | SpilledDirt {
  const isPolcal = fold(textOf(access, "ipTaskType") ?? "") === "polcal";
  const isClear =
    isPolcal &&
    fold(textOf(access, "gosPolarizerStatus") ?? "") === "clear" &&
    fold(textOf(access, "gosRetarderStatus") ?? "") === "clear";
  if (!isClear) return spilledDirt;
  const level0 = fold(textOf(access, "gosLevel0Status") ?? "");
  if (level0 === "darkshutter") return TaskName.polcalDark;
  return level0.startsWith("fieldstop") ? TaskName.polcalGain : spilledDirt;
}

/** The same stem, fed only with frames of these tasks. Letters' case does not matter. */
export function forTasks<Attribute extends string, ForTask extends string = "ipTaskType">(
  stem: Bud<Attribute>,
  tasks: string | readonly string[],
  parse?: TaskParser<ForTask>,
): Bud<Attribute | ForTask>;
export function forTasks<Attribute extends string, ForTask extends string = "ipTaskType">(
  stem: Flower<Attribute>,
  tasks: string | readonly string[],
  parse?: TaskParser<ForTask>,
): Flower<Attribute | ForTask>;
export function forTasks(
  stem: Stem,
  tasks: string | readonly string[],
  parse: TaskParser = passthroughTask as TaskParser,
): Stem {
  const wanted = new Set([tasks].flat().map(fold));
  return {
    ...stem,
    set(file, access) {
      const task = access.once === undefined ? parse(access) : access.once(parse);
      if (task !== spilledDirt && wanted.has(fold(task))) stem.set(file, access);
    },
  };
}

function textOf<Attribute extends string>(access: AccessTo<Attribute>, attribute: Attribute): string | undefined {
  const value = access.scalar(attribute);
  return value === undefined ? undefined : String(value);
}

function fold(text: string): string {
  return text.toLowerCase();
}
