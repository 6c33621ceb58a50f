import type { RunInput } from "../run-input.ts";
import { count, formatBytes } from "./count.ts";

/** `11 frames, 2.9 MB, in /data/l0; 3 other files left alone`, or `11 frames, by the metadata store` */
export function inputLine({ frames, folder: place }: RunInput): string {
  if (place === undefined) return `${count(frames, "frame")}, by the metadata store`;
  const { folder, sizeBytes, otherFiles } = place;
  const others = otherFiles === 0 ? "" : `; ${count(otherFiles, "other file")} left alone`;
  return `${count(frames, "frame")}, ${formatBytes(sizeBytes)}, in ${folder}${others}`;
}
