import type { Disposition } from "../core/errors.ts";
import type { ProgressState } from "../core/progress.ts";
import type { DriverChoice } from "../core/service-driver.ts";
import type { AttemptReport } from "../tasks/attempt-report.ts";

/** Why an attempt did not succeed. */
export interface AttemptError {
  readonly code: string;
  readonly message: string;
  readonly disposition: Disposition;
}

export type RunStatus = "running" | "done" | "failed" | "interrupted";

export interface RunStarted {
  readonly type: "run-started";
  readonly workflow: string;
  readonly version: string;
  /** Which driver each service runs on, and what chose it. */
  readonly drivers: readonly DriverChoice[];
  /** An unfinished run goes on. */
  readonly resumed: boolean;
  /** In the order in which they may run. */
  readonly tasks: readonly string[];
}

export interface TaskStarted {
  readonly type: "task-started";
  readonly task: string;
  readonly attempt: number;
  readonly pid: number;
}

/** At most five a second for each task, and always the last one. `total` 0 means that it is not known yet. */
export interface TaskProgress extends ProgressState {
  readonly type: "task-progress";
  readonly task: string;
  readonly attempt: number;
}

/** A line that an attempt printed. Its log goes to standard error. */
export interface TaskLog {
  readonly type: "task-log";
  readonly task: string;
  readonly attempt: number;
  readonly stream: "stdout" | "stderr";
  readonly line: string;
}

export interface TaskFinished {
  readonly type: "task-finished";
  readonly task: string;
  readonly attempt: number;
  readonly report: AttemptReport;
}

export interface TaskFailed {
  readonly type: "task-failed";
  readonly task: string;
  readonly attempt: number;
  readonly error: AttemptError;
  /** Set when the task is tried again. */
  readonly willRetryInMs?: number;
}

/** The task does not run now; what depends on it does. */
export interface TaskSkipped {
  readonly type: "task-skipped";
  readonly task: string;
  /** `unchanged`: the record holds it as done. `left-out`: its error had the disposition `skip`. */
  readonly why: "unchanged" | "left-out";
  readonly error?: AttemptError;
}

/** The task cannot run, because tasks that it depends on failed. */
export interface TaskBlocked {
  readonly type: "task-blocked";
  readonly task: string;
  /** The failed tasks themselves, not the blocked ones between. */
  readonly by: readonly string[];
}

/** What earlier attempts of the task left behind is undone, before an upstream is done anew. */
export interface TaskRolledBack {
  readonly type: "task-rolled-back";
  readonly task: string;
}

/** The attempt stopped because the run was asked to. */
export interface TaskInterrupted {
  readonly type: "task-interrupted";
  readonly task: string;
  readonly attempt: number;
}

export interface RunFinished {
  readonly type: "run-finished";
  readonly status: Exclude<RunStatus, "running">;
  readonly elapsedMs: number;
}

export type RunEventBody =
  | RunStarted
  | TaskStarted
  | TaskProgress
  | TaskLog
  | TaskFinished
  | TaskFailed
  | TaskSkipped
  | TaskBlocked
  | TaskRolledBack
  | TaskInterrupted
  | RunFinished;

/** Something that happened in a recipe run. Plain JSON; all but progress and log lines is kept in the run store. */
export type RunEvent = RunEventBody & {
  readonly recipeRunId: number;
  /** ISO 8601, UTC. */
  readonly at: string;
};
