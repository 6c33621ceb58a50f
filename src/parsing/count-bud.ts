import type { Bud } from "./stem.ts";
import { type SameValueKey, sameValueKey, spilledDirt } from "./stem.ts";

/** How many frames there are. No frame at all stores nothing; count the frames of a task with `forTasks`. */
export function countBud(name: string): Bud<never> {
  let count = 0;
  return {
    kind: "bud",
    name,
    set: () => void count++,
    get: () => (count === 0 ? spilledDirt : count),
  };
}

/** How many different values an attribute has: modulator states, raster steps. */
export function distinctCountBud<Attribute extends string>(name: string, attribute: Attribute): Bud<Attribute> {
  const keys = new Set<SameValueKey>();
  return {
    kind: "bud",
    name,
    set(_file, access) {
      const value = access.scalar(attribute);
      if (value !== undefined) keys.add(sameValueKey(value));
    },
    get: () => (keys.size === 0 ? spilledDirt : keys.size),
  };
}
