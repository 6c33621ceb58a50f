import { real } from "../core/scalar.ts";
import { formatFitsTimeUs } from "../fits/fits-time.ts";
import { BudName } from "./bud-name.ts";
import type { Bud, BudValue } from "./stem.ts";
import { spilledDirt } from "./stem.ts";
import { forTasks, type TaskParser } from "./task-type.ts";
import { timeObsUs } from "./time-obs-us.ts";

/** When the earliest frame of these tasks began, to the microsecond: `2022-10-24T19:47:33.218000`. */
export function taskDateBeginBud<ForTask extends string = "ipTaskType">(
  name: string,
  tasks: string | readonly string[],
  parse?: TaskParser<ForTask>,
): Bud<"timeObs" | ForTask> {
  return forTasks(dateBeginBud(name), tasks, parse);
}

/** When the latest frame of these tasks began, to the microsecond: what the Python instruments call the end of the task. */
export function taskDateEndBud<ForTask extends string = "ipTaskType">(
  name: string,
  tasks: string | readonly string[],
  parse?: TaskParser<ForTask>,
): Bud<"timeObs" | ForTask> {
  return forTasks(extremeTimeBud(name, Math.max), tasks, parse);
}

/** When the earliest of all frames began, to the microsecond. */
export function dateBeginBud(name: string): Bud<"timeObs"> {
  return extremeTimeBud(name, Math.min);
}

function extremeTimeBud(name: string, choose: (a: number, b: number) => number): Bud<"timeObs"> {
  let chosenUs: number | undefined;
  return {
    kind: "bud",
    name,
    set(_file, access) {
      const timeUs = timeObsUs(access);
      if (timeUs !== undefined) chosenUs = chosenUs === undefined ? timeUs : choose(chosenUs, timeUs);
    },
    get: () => (chosenUs === undefined ? spilledDirt : formatFitsTimeUs(chosenUs)),
  };
}

/** The mean seconds between observe frames. Fewer than two frames have no cadence: nothing is stored. */
export function averageCadenceBud<ForTask extends string = "ipTaskType">(
  parse?: TaskParser<ForTask>,
): Bud<"timeObs" | ForTask> {
  return cadenceBud(BudName.averageCadence, mean, parse);
}

/** The longest time between observe frames that follow each other, in seconds. */
export function maximumCadenceBud<ForTask extends string = "ipTaskType">(
  parse?: TaskParser<ForTask>,
): Bud<"timeObs" | ForTask> {
  return cadenceBud(BudName.maximumCadence, (steps) => steps.reduce((a, b) => Math.max(a, b)), parse);
}

/** The shortest time between observe frames that follow each other, in seconds. */
export function minimumCadenceBud<ForTask extends string = "ipTaskType">(
  parse?: TaskParser<ForTask>,
): Bud<"timeObs" | ForTask> {
  return cadenceBud(BudName.minimumCadence, (steps) => steps.reduce((a, b) => Math.min(a, b)), parse);
}

/** The population variance of the seconds between observe frames, in s². */
export function varianceCadenceBud<ForTask extends string = "ipTaskType">(
  parse?: TaskParser<ForTask>,
): Bud<"timeObs" | ForTask> {
  return cadenceBud(
    BudName.varianceCadence,
    (steps) => {
      const centre = mean(steps);
      return mean(steps.map((step) => (step - centre) ** 2));
    },
    parse,
  );
}

/** All four cadence constants. */
export function cadenceBuds<ForTask extends string = "ipTaskType">(
  parse?: TaskParser<ForTask>,
): readonly Bud<"timeObs" | ForTask>[] {
  return [averageCadenceBud(parse), maximumCadenceBud(parse), minimumCadenceBud(parse), varianceCadenceBud(parse)];
}

function cadenceBud<ForTask extends string>(
  name: string,
  reduce: (stepsS: readonly number[]) => number,
  parse?: TaskParser<ForTask>,
): Bud<"timeObs" | ForTask> {
  const times: number[] = [];
  const bud: Bud<"timeObs"> = {
    kind: "bud",
    name,
    set(_file, access) {
      const timeUs = timeObsUs(access);
      if (timeUs !== undefined) times.push(timeUs);
    },
    get(): BudValue {
      const sorted = Float64Array.from(times).sort();
      const stepsS = Array.from(sorted.subarray(1), (timeUs, index) => (timeUs - (sorted[index] ?? timeUs)) / 1e6);
      return stepsS.length === 0 ? spilledDirt : real(reduce(stepsS));
    },
  };
  return forTasks(bud, "OBSERVE", parse);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
