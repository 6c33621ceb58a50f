import type { LogLevel } from "../core/log.ts";
import type { RunEvent } from "../workflow/run-event.ts";
import type { Output } from "./output.ts";
import { eventLines } from "./render/event-lines.ts";
import { liveLines, progressText } from "./render/live-lines.ts";
import { jsonLogLine } from "./render/log-line.ts";
import { advanceView, emptyView, type RunView } from "./render/run-view.ts";
import { plainStyle } from "./render/style.ts";

/** Shows a run while it goes on; disposal leaves the terminal as it was. */
export interface RunDisplay extends Disposable {
  show(event: RunEvent): void;
  /** A line of the command itself. */
  say(line: string): void;
}

const frameMs = 100;
const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";
const clearToEndOfLine = "\u001b[K";
const clearBelow = "\u001b[J";
/** Off a terminal a task says how far it is at most this often. */
const plainProgressMs = 10_000;

export function openRunDisplay(output: Output, leastLevel: LogLevel): RunDisplay {
  return output.isLive ? openLive(output, leastLevel) : openPlain(output, leastLevel);
}

function openLive(output: Output, leastLevel: LogLevel): RunDisplay {
  let view: RunView = emptyView;
  let drawn: readonly string[] = [];
  let isCursorHidden = false;
  const up = (): string => (drawn.length === 0 ? "" : `\u001b[${drawn.length}A\r`);
  // Each frame is one write that overdraws the last one line by line: nothing is blank in between.
  const draw = (staying: readonly string[]): void => {
    const lines = liveLines(view, Date.now(), output.width() - 1, output.style);
    if (staying.length === 0 && lines.join("\n") === drawn.join("\n")) return;
    const hide = lines.length > 0 && !isCursorHidden ? hideCursor : "";
    isCursorHidden ||= hide !== "";
    output.write(
      `${hide}${up()}${[...staying, ...lines].map((line) => `${line}${clearToEndOfLine}\n`).join("")}${clearBelow}`,
    );
    drawn = lines;
  };
  const timer = setInterval(() => draw([]), frameMs);
  timer.unref();
  return {
    show(event) {
      view = advanceView(view, event);
      const staying = eventLines(event, leastLevel, output.style);
      if (staying.length > 0) draw(staying);
    },
    say: (line) => draw([line]),
    [Symbol.dispose]() {
      clearInterval(timer);
      if (isCursorHidden) output.write(`${up()}${clearBelow}${showCursor}`);
      isCursorHidden = false;
      drawn = [];
    },
  };
}

function openPlain(output: Output, leastLevel: LogLevel): RunDisplay {
  const told = new Map<string, number>();
  return {
    show(event) {
      const json = event.type === "task-log" && !output.isTerminal ? jsonLogLine(event.line, leastLevel) : undefined;
      output.lines(json === undefined ? eventLines(event, leastLevel, output.style) : [json]);
      if (event.type === "task-started") {
        told.set(event.task, Date.parse(event.at));
        output.lines([`▸ ${event.task}  started${event.attempt > 1 ? `, attempt ${event.attempt}` : ""}`]);
      } else if (event.type === "task-progress") {
        const at = Date.parse(event.at);
        if (at - (told.get(event.task) ?? 0) < plainProgressMs) return;
        told.set(event.task, at);
        output.lines([plainStyle.dim(`  ${event.task}  ${progressText({ progress: event })}`)]);
      }
    },
    say: (line) => output.lines([line]),
    [Symbol.dispose]() {},
  };
}
