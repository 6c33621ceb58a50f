import { FirstlightError } from "../core/errors.ts";
import { plain, pythonStr, real, type Scalar } from "../core/scalar.ts";
import type { Bud } from "./stem.ts";
import { spilledDirt } from "./stem.ts";
import { createSum } from "./sum.ts";
import { createTally, disagreement } from "./tally.ts";
import { forTasks, type TaskParser } from "./task-type.ts";

interface Extreme {
  readonly value: number;
  readonly file: string;
}

/**
 * The mean of a number that may differ by at most `tolerance` between any two frames, in the unit of the card. A card that
 * holds no number is STEM_NOT_A_NUMBER, which names the file.
 */
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
      if (!Number.isFinite(value)) throw notANumber(name, attribute, scalar, file);
      sum.add(value);
      if (least === undefined || value < least.value) least = { value, file };
      if (greatest === undefined || value > greatest.value) greatest = { value, file };
    },
    get() {
      if (least === undefined || greatest === undefined) return spilledDirt;
      if (greatest.value - least.value > tolerance) {
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

/** The mean of a number over all frames, however far apart. A card that holds no number is STEM_NOT_A_NUMBER. */
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

function notANumber(stem: string, attribute: string, value: Scalar, file: string): FirstlightError {
  return new FirstlightError(
    "STEM_NOT_A_NUMBER",
    `${stem}: '${attribute}' of ${file} is ${pythonStr(value)}, which is no finite number. Correct the card, or take the file out of the input.`,
    { disposition: "invalid", fields: { stem, attribute, file, value: pythonStr(value) } },
  );
}
