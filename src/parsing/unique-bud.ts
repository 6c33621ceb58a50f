import type { Bud } from "./stem.ts";
import { spilledDirt } from "./stem.ts";
import { createTally, disagreement } from "./tally.ts";
import { forTasks, type TaskParser } from "./task-type.ts";

export interface UniqueBudOptions {
  /** Values that do not count, whatever their case: the retarder "clear". */
  readonly ignore?: readonly string[];
}

/** The one value that all frames share. Spelt as the first frame spells it: `10.` and `10` agree. */
export function uniqueBud<Attribute extends string>(
  name: string,
  attribute: Attribute,
  options: UniqueBudOptions = {},
): Bud<Attribute> {
  const tally = createTally();
  const ignored = new Set(options.ignore?.map((value) => value.toLowerCase()));
  return {
    kind: "bud",
    name,
    set(file, access) {
      const value = access.scalar(attribute);
      if (value === undefined) return;
      if (ignored.size === 0 || !ignored.has(String(value).toLowerCase())) tally.note(value, file);
    },
    get() {
      if (tally.sightings.length > 1) throw disagreement(name, `one value of '${attribute}' in all frames`, tally);
      return tally.sightings[0]?.value ?? spilledDirt;
    },
  };
}

/** The one value that all frames of these tasks share. */
export function taskUniqueBud<Attribute extends string, ForTask extends string = "ipTaskType">(
  name: string,
  attribute: Attribute,
  tasks: string | readonly string[],
  parse?: TaskParser<ForTask>,
  options?: UniqueBudOptions,
): Bud<Attribute | ForTask> {
  return forTasks(uniqueBud(name, attribute, options), tasks, parse);
}
