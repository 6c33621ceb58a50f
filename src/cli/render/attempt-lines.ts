import type { AttemptRecord } from "../../workflow/run-store.ts";
import { formatBytes } from "./count.ts";
import { formatDuration } from "./duration.ts";
import { logText } from "./log-line.ts";
import type { Style } from "./style.ts";
import { oneLine } from "./text-width.ts";

/** Every attempt: its states with their times, what it used, its error, and the last lines of one that failed. */
export function attemptLines(attempts: readonly AttemptRecord[], style: Style): readonly string[] {
  if (attempts.length === 0) return ["  none"];
  return attempts.flatMap(({ task, attempt, pid, state, states, report, error, output }) => {
    const used = [
      ...(report === undefined
        ? []
        : [formatDuration(report.elapsedMs), `peak memory ${formatBytes(report.peakMemoryBytes)}`]),
      ...(pid === undefined ? [] : [`pid ${pid}`]),
    ];
    const head = `${style.bold(`${task} ${attempt}`)}  ${state}${used.length === 0 ? "" : style.dim(`  ${used.join(", ")}`)}`;
    const passed = `    ${style.dim(states.map((one) => `${one.state} ${one.at.slice(11, 19)}`).join(" → "))}`;
    if (state === "done") return [head, passed];
    const [first = "", ...rest] = (error?.message ?? "").split("\n");
    return [
      head,
      passed,
      ...(error === undefined ? [] : [`    ${style.red(error.code)}: ${oneLine(first)}`]),
      ...rest.map((line) => `      ${oneLine(line)}`),
      ...output.map((line) => style.dim(`    │ ${logText(line)}`)),
    ];
  });
}
