import type { RunInput } from "./run-input.ts";

/** A warning where the input holds frames packed and not packed: they count twice in every mean, and become two products. */
export function twinFrames({ folder }: RunInput): readonly string[] {
  const [first, ...more] = folder?.twins ?? [];
  if (first === undefined) return [];
  const others = more.length === 0 ? "" : `, and so do ${more.length} more`;
  return [`${first.join(" and ")} look like one frame twice${others}: each is taken. Remove one of them if so.`];
}
