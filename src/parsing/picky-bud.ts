import { FirstlightError } from "../core/errors.ts";
import type { PythonJson } from "../core/python-json.ts";
import { pythonStr, type Scalar } from "../core/scalar.ts";
import { TaskName } from "../scratch/task-name.ts";
import { roundTime } from "./round-time.ts";
import { type Bud, type SameValueKey, sameValueKey, spilledDirt, thorn } from "./stem.ts";
import { createTally, disagreement, type Tally } from "./tally.ts";
import { passthroughTask, type TaskParser } from "./task-type.ts";

/**
 * A bud that stores nothing, and only checks what another bud finds: `complain` says what is wrong with it, or nothing. A bud
 * that no frame concerns is not checked.
 *
 * `pickyBud(distinctCountBud("MODSTATES_CHECK", "modstate"), (count) => count === 10 ? undefined : "expected 10 modulator states")`
 */
export function pickyBud<Attribute extends string>(
  bud: Bud<Attribute>,
  complain: (value: PythonJson) => string | undefined,
): Bud<Attribute> {
  return {
    ...bud,
    get() {
      const value = bud.get();
      if (value === spilledDirt || value === thorn) return value;
      const complaint = complain(value);
      if (complaint === undefined) return thorn;
      throw new FirstlightError("STEM_DISAGREES", `${bud.name}: ${complaint}.`, {
        fields: { stem: bud.name, value, complaint },
      });
    },
  };
}

/**
 * Checks that there are darks for every frame: that each readout exposure time of the other tasks, but for `except` (polcal, which has
 * darks of its own), is one of the darks'. Else STEM_DISAGREES names the times without darks and their files.
 */
export function darkReadoutExpTimePickyBud<ForTask extends string = "ipTaskType">(
  parse: TaskParser<ForTask> = passthroughTask as unknown as TaskParser<ForTask>,
  except: readonly string[] = [TaskName.polcal],
): Bud<"sensorReadoutExposureTimeMs" | ForTask> {
  const name = "DARK_READOUT_EXP_TIME_PICKY";
  const passedOver = new Set(except.map((task) => task.toUpperCase()));
  const darks = new Map<SameValueKey, Scalar>();
  const others = new Map<SameValueKey, Tally>();
  return {
    kind: "bud",
    name,
    set(file, access) {
      const parsed = access.once === undefined ? parse(access) : access.once(parse);
      if (parsed === spilledDirt) return;
      const task = parsed.toUpperCase();
      const value = access.scalar("sensorReadoutExposureTimeMs");
      if (value === undefined || passedOver.has(task)) return;
      const time = roundTime(value);
      const key = sameValueKey(time);
      if (task === TaskName.dark) {
        darks.set(key, time);
        return;
      }
      const tally = others.get(key) ?? createTally();
      others.set(key, tally);
      tally.note(time, file);
    },
    get() {
      if (others.size === 0) return spilledDirt;
      const alone = [...others].flatMap(([key, { sightings }]) => (darks.has(key) ? [] : sightings));
      if (alone.length === 0) return thorn;
      const known = darks.size === 0 ? "there is no dark" : [...darks.values()].map(pythonStr).join(", ");
      throw disagreement(name, `readout exposure times that darks have (${known})`, {
        sightings: alone,
        otherCount: 0,
      });
    },
  };
}
