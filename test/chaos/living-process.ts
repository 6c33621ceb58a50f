import { readFileSync } from "node:fs";

/** When a process began, as a text to compare; undefined for one that is gone or only waits to be reaped. */
export function livingProcess(pid: number): string | undefined {
  try {
    // proc(5): the name in parentheses may hold anything; state is the 3rd field, the start time the 22nd.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
