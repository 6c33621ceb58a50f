import type { LogLevel } from "../../core/log.ts";
import type { AttemptError, RunEvent } from "../../workflow/run-event.ts";
import { count } from "./count.ts";
import { driverList } from "./driver-list.ts";
import { formatDuration } from "./duration.ts";
import { logLine } from "./log-line.ts";
import type { Style } from "./style.ts";
import { oneLine } from "./text-width.ts";

/** The lines that stay of an event, on a terminal and off it; most events leave one, some none. */
export function eventLines(event: RunEvent, leastLevel: LogLevel, style: Style): readonly string[] {
  switch (event.type) {
    case "run-started":
      return [
        style.dim(driverList(event.drivers)),
        `${style.bold(`Recipe run ${event.recipeRunId}`)}: ${event.workflow} ${event.version}, ${count(event.tasks.length, "task")}${event.resumed ? "; it goes on where it stopped" : ""}`,
      ];
    case "task-finished": {
      const { elapsedMs, reads, writes } = event.report;
      const files = style.dim(`${count(reads.length, "file")} read, ${writes.length} written`);
      return [`${style.green("✓")} ${event.task}  ${formatDuration(elapsedMs)}  ${files}`];
    }
    case "task-failed": {
      if (event.willRetryInMs === undefined) return errorLines(`${style.red("✗")} ${event.task}`, event.error, style);
      const wait = formatDuration(event.willRetryInMs);
      const head = `${style.yellow("!")} ${event.task}  attempt ${event.attempt} failed, the next one follows in ${wait}`;
      return errorLines(head, event.error, style);
    }
    case "task-skipped":
      return event.error === undefined
        ? [`${style.dim("✓")} ${event.task}  ${style.dim("done before, unchanged")}`]
        : errorLines(`${style.yellow("–")} ${event.task}  left out`, event.error, style);
    case "task-blocked":
      return [`${style.yellow("○")} ${event.task}  blocked by ${event.by.join(", ")}`];
    case "task-rolled-back":
      return [style.dim(`↺ ${event.task}  rolled back, to be done anew`)];
    case "task-interrupted":
      return [`${style.yellow("■")} ${event.task}  interrupted`];
    case "task-log": {
      const line = logLine(event.task, event.line, leastLevel, style);
      return line === undefined ? [] : [line];
    }
    case "task-started":
    case "task-progress":
    case "run-finished":
      return [];
  }
}

/** Code and first line of the message on the head's line; the message's other lines below it. */
function errorLines(head: string, { code, message }: AttemptError, style: Style): readonly string[] {
  const [first = "", ...rest] = message.split("\n");
  return [`${head}  ${style.bold(code)}: ${oneLine(first)}`, ...rest.map((line) => `    ${oneLine(line)}`)];
}
