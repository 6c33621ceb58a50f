import { plain, pythonStr, type Scalar } from "../core/scalar.ts";
import { roundTime } from "./round-time.ts";
import type { Bud, ConstantValue } from "./stem.ts";
import { type SameValueKey, sameValueKey, spilledDirt } from "./stem.ts";
import { forTasks, type TaskParser } from "./task-type.ts";

/** The different exposure times that occur, rounded to six digits, ascending, in the unit of the card. */
export function timesBud<Attribute extends string>(name: string, attribute: Attribute): Bud<Attribute> {
  const times = new Map<SameValueKey, Scalar>();
  return {
    kind: "bud",
    name,
    set(_file, access) {
      const value = access.scalar(attribute);
      if (value === undefined) return;
      const time = roundTime(value);
      const key = sameValueKey(time);
      if (!times.has(key)) times.set(key, time);
    },
    get() {
      return times.size === 0 ? spilledDirt : ascending(times.values());
    },
  };
}

/** The exposure times of the raw frames of these tasks. */
export function taskExposureTimesBud<ForTask extends string = "ipTaskType">(
  name: string,
  tasks: string | readonly string[],
  parse?: TaskParser<ForTask>,
): Bud<"fpaExposureTimeMs" | ForTask> {
  return forTasks(timesBud(name, "fpaExposureTimeMs"), tasks, parse);
}

/** The exposure times of single readouts of these tasks. */
export function taskReadoutExpTimesBud<ForTask extends string = "ipTaskType">(
  name: string,
  tasks: string | readonly string[],
  parse?: TaskParser<ForTask>,
): Bud<"sensorReadoutExposureTimeMs" | ForTask> {
  return forTasks(timesBud(name, "sensorReadoutExposureTimeMs"), tasks, parse);
}

/** Which values of one attribute occur at each time of another: `{ "10.0": [1, 3] }`, as Python's JSON spells the times. */
export function timeLookupBud<TimeAttribute extends string, Attribute extends string>(
  name: string,
  timeAttribute: TimeAttribute,
  attribute: Attribute,
): Bud<TimeAttribute | Attribute> {
  const lookup = new Map<SameValueKey, { readonly time: Scalar; readonly values: Map<SameValueKey, Scalar> }>();
  return {
    kind: "bud",
    name,
    set(_file, access) {
      const at = access.scalar(timeAttribute);
      const value = access.scalar(attribute);
      if (at === undefined || value === undefined) return;
      const time = roundTime(at);
      const entry = lookup.get(sameValueKey(time)) ?? { time, values: new Map<SameValueKey, Scalar>() };
      lookup.set(sameValueKey(time), entry);
      if (!entry.values.has(sameValueKey(value))) entry.values.set(sameValueKey(value), value);
    },
    get() {
      if (lookup.size === 0) return spilledDirt;
      const rows = [...lookup.values()].sort((a, b) => Number(a.time) - Number(b.time));
      const found: Record<string, ConstantValue> = {};
      for (const { time, values } of rows) found[pythonStr(time)] = ascending(values.values());
      return found;
    },
  };
}

/** As `timeLookupBud`, over the frames of these tasks. */
export function taskTimeLookupBud<
  TimeAttribute extends string,
  Attribute extends string,
  ForTask extends string = "ipTaskType",
>(
  name: string,
  timeAttribute: TimeAttribute,
  attribute: Attribute,
  tasks: string | readonly string[],
  parse?: TaskParser<ForTask>,
): Bud<TimeAttribute | Attribute | ForTask> {
  return forTasks(timeLookupBud(name, timeAttribute, attribute), tasks, parse);
}

function ascending(values: Iterable<Scalar>): Scalar[] {
  return [...values].sort((a, b) => {
    const [left, right] = [plain(a), plain(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}
