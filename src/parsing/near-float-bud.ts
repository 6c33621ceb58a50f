import { plain, real } from "../core/scalar.ts";
import type { Bud } from "./stem.ts";
import { spilledDirt } from "./stem.ts";
import { createSum } from "./sum.ts";
import { createTally, disagreement } from "./tally.ts";
import { forTasks, type TaskParser } from "./task-type.ts";

interface Extreme {
  readonly value: number;
  readonly file: string;
}

/** The mean of a number that may differ by at most `tolerance` between any two frames, in the unit of the card. */
export function nearFloatBud<Attribute extends string>(
  name: string,
  attribute: Attribute,
  tolerance: number,
): Bud<Attribute> {
  const sum = createSum();
  let least: Extreme | undefined;
  let greatest: Extreme | undefined;
  return {
    kind: "bud",
    name,
    set(file, access) {
      const scalar = access.scalar(attribute);
      if (scalar === undefined) return;
      const value = Number(plain(scalar));
      sum.add(value);
      if (least === undefined || value < least.value) least = { value, file };
      if (greatest === undefined || value > greatest.value) greatest = { value, file };
    },
    get() {
      if (least === undefined || greatest === undefined) return spilledDirt;
      // Written so that NaN, from a card that is no number, disagrees too.
      if (tolerance !== Number.POSITIVE_INFINITY && !(greatest.value - least.value <= tolerance)) {
        const ends = createTally();
        ends.note(real(least.value), least.file);
        ends.note(real(greatest.value), greatest.file);
        throw disagreement(
          name,
          `values of '${attribute}' within ${tolerance} of each other in ${sum.count} frames`,
          ends,
        );
      }
      return real(sum.total / sum.count);
    },
  };
}

/** As `nearFloatBud`, over the frames of these tasks. */
export function taskNearFloatBud<Attribute extends string, ForTask extends string = "ipTaskType">(
  name: string,
  attribute: Attribute,
  tolerance: number,
  tasks: string | readonly string[],
  parse?: TaskParser<ForTask>,
): Bud<Attribute | ForTask> {
  return forTasks(nearFloatBud(name, attribute, tolerance), tasks, parse);
}

/** The mean of a number over all frames, however far apart. */
export function averageBud<Attribute extends string>(name: string, attribute: Attribute): Bud<Attribute> {
  return nearFloatBud(name, attribute, Number.POSITIVE_INFINITY);
}

/** The mean of a number over the frames of these tasks, however far apart. */
export function taskAverageBud<Attribute extends string, ForTask extends string = "ipTaskType">(
  name: string,
  attribute: Attribute,
  tasks: string | readonly string[],
  parse?: TaskParser<ForTask>,
): Bud<Attribute | ForTask> {
  return forTasks(averageBud(name, attribute), tasks, parse);
}
