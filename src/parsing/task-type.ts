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
  if (level3 === "clear") return "SOLAR_GAIN";
  const isLit = level3 === "lamp" && fold(textOf(access, "gosLevel3LampStatus") ?? "") === "on";
  return isLit ? "LAMP_GAIN" : task;
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
      const task = parse(access);
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
