import { bar } from "./bar.ts";
import { count } from "./count.ts";
import { formatClock } from "./duration.ts";
import type { RunningTask, RunView } from "./run-view.ts";
import type { Style } from "./style.ts";
import { clip, oneLine, pad } from "./text-width.ts";

const widestBar = 30;
const narrowestBar = 6;

/** A line for each running task, and one for the run: what a terminal shows below the lines that stay. */
export function liveLines(view: RunView, nowMs: number, width: number, style: Style): readonly string[] {
  const names = view.running.map(({ task }) => oneLine(task));
  const nameWidth = Math.min(Math.max(0, ...names.map((name) => name.length)), Math.max(12, Math.floor(width / 3)));
  const lines = view.running.map((running) => taskLine(running, nowMs, nameWidth, width, style));
  if (view.startedMs === undefined) return lines;
  const ended = `${view.ended.size} of ${count(view.tasks.length, "task")} ended`;
  return [...lines, clip(style.dim(`  ${ended}  ${formatClock(nowMs - view.startedMs)}`), width)];
}

function taskLine(running: RunningTask, nowMs: number, nameWidth: number, width: number, style: Style): string {
  const name = pad(clip(oneLine(running.task), nameWidth), nameWidth);
  const again = running.attempt > 1 ? `  attempt ${running.attempt}` : "";
  const tail = `${progressText(running)}${again}  ${formatClock(nowMs - running.startedMs)}`;
  const { current, total } = running.progress ?? { current: 0, total: 0 };
  const room = Math.min(widestBar, width - nameWidth - tail.length - 6);
  const drawn = total > 0 && room >= narrowestBar ? `  ${bar(current / total, room, style)}` : "";
  return clip(`${style.cyan("▸")} ${name}${drawn}  ${tail.trimStart()}`, width);
}

/** `40/100 files`, or `40 files` while the total is unknown; empty before any progress. */
export function progressText({ progress }: Pick<RunningTask, "progress">): string {
  if (progress === undefined || (progress.total === 0 && progress.current === 0)) return "";
  const unit = oneLine(progress.unit);
  return progress.total === 0 ? `${progress.current} ${unit}` : `${progress.current}/${progress.total} ${unit}`;
}
