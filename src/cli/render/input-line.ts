import type { InputFolder } from "../input-folder.ts";
import { count, formatBytes } from "./count.ts";

/** `11 frames, 2.9 MB, in /data/l0; 3 other files left alone` */
export function inputLine({ folder, frames, sizeBytes, otherFiles }: InputFolder): string {
  const others = otherFiles === 0 ? "" : `; ${count(otherFiles, "other file")} left alone`;
  return `${count(frames.length, "frame")}, ${formatBytes(sizeBytes)}, in ${folder}${others}`;
}
