import type { ProgressState } from "../../core/progress.ts";
import type { RunEvent } from "../../workflow/run-event.ts";

/** A task of which an attempt is under way. */
export interface RunningTask {
  readonly task: string;
  readonly attempt: number;
  readonly startedMs: number;
  readonly progress: ProgressState | undefined;
}

/** What somebody who watches a run sees of it at one moment. */
export interface RunView {
  readonly startedMs: number | undefined;
  readonly tasks: readonly string[];
  /** Ended, in whatever way. */
  readonly ended: ReadonlySet<string>;
  readonly running: readonly RunningTask[];
}

export const emptyView: RunView = { startedMs: undefined, tasks: [], ended: new Set(), running: [] };

/** The view after an event. */
export function advanceView(view: RunView, event: RunEvent): RunView {
  switch (event.type) {
    case "run-started":
      return { ...emptyView, startedMs: Date.parse(event.at), tasks: event.tasks };
    case "task-started": {
      const { task, attempt } = event;
      const started = { task, attempt, startedMs: Date.parse(event.at), progress: undefined };
      return { ...view, running: [...without(view, task), started] };
    }
    case "task-progress": {
      const { task, current, total, unit } = event;
      const running = view.running.map((one) =>
        one.task === task ? { ...one, progress: { current, total, unit } } : one,
      );
      return { ...view, running };
    }
    case "task-failed":
      return event.willRetryInMs === undefined
        ? ended(view, event.task)
        : { ...view, running: without(view, event.task) };
    case "task-finished":
    case "task-skipped":
    case "task-blocked":
    case "task-interrupted":
      return ended(view, event.task);
    case "run-finished":
      return { ...view, running: [] };
    case "task-log":
    case "task-rolled-back":
      return view;
  }
}

function ended(view: RunView, task: string): RunView {
  return { ...view, ended: new Set([...view.ended, task]), running: without(view, task) };
}

function without(view: RunView, task: string): readonly RunningTask[] {
  return view.running.filter((one) => one.task !== task);
}
