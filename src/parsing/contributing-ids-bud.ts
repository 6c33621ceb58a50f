import { pythonStr } from "../core/scalar.ts";
import type { Bud } from "./stem.ts";
import { spilledDirt } from "./stem.ts";
import { forTasks, type TaskParser } from "./task-type.ts";

/** Every id that occurs, the most frequent first; ids that are as frequent stand in the order in which they were met. */
export function contributingIdsBud<Attribute extends string>(name: string, attribute: Attribute): Bud<Attribute> {
  const counts = new Map<string, number>();
  return {
    kind: "bud",
    name,
    set(_file, access) {
      const value = access.scalar(attribute);
      if (value === undefined) return;
      const id = pythonStr(value);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    },
    get() {
      if (counts.size === 0) return spilledDirt;
      return [...counts].sort(([, a], [, b]) => b - a).map(([id]) => id);
    },
  };
}

/** As `contributingIdsBud`, over the frames of these tasks. */
export function taskContributingIdsBud<Attribute extends string, ForTask extends string = "ipTaskType">(
  name: string,
  attribute: Attribute,
  tasks: string | readonly string[],
  parse?: TaskParser<ForTask>,
): Bud<Attribute | ForTask> {
  return forTasks(contributingIdsBud(name, attribute), tasks, parse);
}
