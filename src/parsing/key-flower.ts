import type { Scalar } from "../core/scalar.ts";
import { StemName } from "../scratch/stem-name.ts";
import { TaskName } from "../scratch/task-name.ts";
import type { AccessTo } from "./fits-access.ts";
import { roundTime } from "./round-time.ts";
import type { Flower, Petal, SpilledDirt } from "./stem.ts";
import { type SameValueKey, sameValueKey, spilledDirt } from "./stem.ts";
import { forTasks, passthroughTask, polcalTask, type TaskParser } from "./task-type.ts";

/**
 * Tags each file with `STEM_<value>`, where `pick` says the value. `spilledDirt` and `undefined` leave a file untagged;
 * 0, false and the empty string are values. Files whose values Python holds to be equal share the tag of the first.
 */
export function flower<Attribute extends string>(
  tagStem: string,
  pick: (access: AccessTo<Attribute>, file: string) => Scalar | SpilledDirt | undefined,
): Flower<Attribute> {
  const petals = new Map<SameValueKey, { readonly value: Scalar; readonly files: string[] }>();
  return {
    kind: "flower",
    name: tagStem,
    set(file, access) {
      const value = pick(access, file);
      if (value === undefined || value === spilledDirt) return;
      const key = sameValueKey(value);
      const petal = petals.get(key);
      if (petal === undefined) petals.set(key, { value, files: [file] });
      else petal.files.push(file);
    },
    get: (): Iterable<Petal> => petals.values(),
  };
}

/** `STEM_<value of the attribute>` on every file that has it. */
export function keyFlower<Attribute extends string>(tagStem: string, attribute: Attribute): Flower<Attribute> {
  return flower(tagStem, (access) => access.scalar(attribute));
}

/** `TASK_<type>` on every file, as `parse` names its task. */
export function taskTypeFlower<Attribute extends string = "ipTaskType">(
  parse: TaskParser<Attribute> = passthroughTask as unknown as TaskParser<Attribute>,
): Flower<Attribute> {
  return flower<Attribute>(StemName.task, parse);
}

/** A second tag on polcal frames that calibrate the polarimeter: `TASK_POLCAL_DARK` or `TASK_POLCAL_GAIN`, as `polcalTask` says. */
export function polcalTaskFlower(): Flower<
  "ipTaskType" | "gosLevel0Status" | "gosPolarizerStatus" | "gosRetarderStatus"
> {
  return flower(StemName.task, polcalTask);
}

/** `DSPS_REPEAT_<number>` on observe frames; the repeats of other tasks mean nothing to the dataset. */
export function dspsRepeatFlower<ForTask extends string = "ipTaskType">(
  parse?: TaskParser<ForTask>,
): Flower<"currentDspsRepeat" | ForTask> {
  return forTasks(keyFlower(StemName.dspsRepeat, "currentDspsRepeat"), TaskName.observe, parse);
}

/** `MODSTATE_<number>` on every frame that has a modulator state, 0 as well as any other. */
export function modstateFlower<Attribute extends string>(attribute: Attribute): Flower<Attribute> {
  return keyFlower(StemName.modstate, attribute);
}

/** `EXP_TIME_<exposure of the frame>`, rounded to six digits. */
export function exposureTimeFlower(): Flower<"fpaExposureTimeMs">;
export function exposureTimeFlower<Attribute extends string>(attribute: Attribute): Flower<Attribute>;
export function exposureTimeFlower(attribute = "fpaExposureTimeMs"): Flower {
  return timeFlower(StemName.exposureTime, attribute);
}

/** `READOUT_EXP_TIME_<exposure of one readout>`, rounded to six digits. */
export function readoutExpTimeFlower(): Flower<"sensorReadoutExposureTimeMs">;
export function readoutExpTimeFlower<Attribute extends string>(attribute: Attribute): Flower<Attribute>;
export function readoutExpTimeFlower(attribute = "sensorReadoutExposureTimeMs"): Flower {
  return timeFlower(StemName.readoutExposureTime, attribute);
}

function timeFlower<Attribute extends string>(tagStem: string, attribute: Attribute): Flower<Attribute> {
  return flower(tagStem, (access) => {
    const value = access.scalar(attribute);
    return value === undefined ? undefined : roundTime(value);
  });
}
