import { createHash } from "node:crypto";
import { StemName, stemOf } from "./stem-name.ts";

const order: readonly string[] = [
  StemName.debug,
  StemName.input,
  StemName.intermediate,
  StemName.calibrated,
  StemName.output,
  StemName.workflowTask,
  StemName.task,
  StemName.dspsRepeat,
  StemName.csStep,
  StemName.modstate,
];

/** Leaves room for a counter, and for what a temporary file's name adds, within the 255 bytes of a file name. */
const longest = 180;

/**
 * What a file without a given name is called, before its number: its tags but FRAME, those of the well-known stems first
 * and in their order, the others sorted, with `-` for what a file name should not hold.
 */
export function genericBaseName(tags: readonly string[]): string {
  const named = [...new Set(tags)].filter((tag) => tag !== StemName.frame);
  const ranks = new Map(named.map((tag) => [tag, rank(tag)]));
  const sorted = named.sort((a, b) => {
    const difference = (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0);
    return difference !== 0 ? difference : a < b ? -1 : 1;
  });
  const name = sorted.map((tag) => tag.replace(/[ _:/]/g, "-")).join("_");
  if (Buffer.byteLength(name) <= longest) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 12);
  return `${Buffer.from(name)
    .subarray(0, longest - 13)
    .toString()
    .replace(/\ufffd+$/, "")}-${digest}`;
}

function rank(tag: string): number {
  const place = order.indexOf(stemOf(tag) ?? "");
  return place === -1 ? order.length : place;
}
