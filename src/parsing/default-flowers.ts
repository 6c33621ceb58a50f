import type { Flower } from "./stem.ts";

/** The tags that every DKIST instrument gives its frames: none. Which flowers tell frames apart is the instrument's to say. */
export function defaultTagFlowers(): readonly Flower<never>[] {
  return [];
}
