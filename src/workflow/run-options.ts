import type { Clock } from "../core/clock.ts";
import type { AttemptReport } from "../tasks/attempt-report.ts";
import type { AttemptError, RunEvent, RunStatus } from "./run-event.ts";
import type { NodeStatus } from "./run-store.ts";

/** Which run a workflow, its input and its output ask for. */
export interface PlanOptions {
  /** Names the input: two runs over the same workflow, version, input and output are one run. */
  readonly inputKey: string;
  readonly outputKey: string;
  /** Over whatever tells that the input has changed, its content or names, sizes and times of its files: a change makes every task run again. */
  readonly inputDigest: string;
  /** Over the parameters of the input dataset; a change makes every task run again. */
  readonly parametersDigest?: string;
  /** Continue this run, or begin it under this id. */
  readonly recipeRunId?: number;
  /** Begin a new run even if there is an unfinished one. */
  readonly fresh?: boolean;
  /** Where the settings come from, and what the attempts' processes inherit. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether tasks run in this process: it decides whether the `memory` inventory can serve. */
  readonly inProcess?: boolean;
  /**
   * The URL of the module that exports the workflow: each attempt's process imports it, and a change in what it imports is seen.
   * Not needed in process.
   */
  readonly module?: string;
}

export interface RunOptions extends PlanOptions {
  /** Ids that a new run must not get, each with the place that holds products of such a run: `the folder /data/l1/VBI/EZQMCK`. */
  readonly takenIds?: ReadonlyMap<number, string>;
  /** The name of the export. Default `workflow`. */
  readonly exportName?: string;
  /** How many tasks run at the same time. Default: the number of cores. */
  readonly workers?: number;
  /**
   * Called once the run has its id and its lease, before the first task: register the input dataset here. What it throws
   * ends the run.
   */
  readonly prepare?: (recipeRunId: number) => Promise<void>;
  readonly onEvent?: (event: RunEvent) => void;
  /** Stops the run: the attempts are asked to end, the run is recorded as interrupted, and a rerun goes on from there. */
  readonly signal?: AbortSignal;
  /** Kills the attempts that `signal` asked to end, without waiting for the grace. */
  readonly killSignal?: AbortSignal;
  /** How long an attempt that was asked to end may take before it is killed. Default 30. */
  readonly graceSeconds?: number;
  readonly clock?: Clock;
}

/** How one task of a run ended. */
export interface TaskOutcome {
  readonly task: string;
  /** `unchanged`: it was done before this runner began. */
  readonly status: Exclude<NodeStatus, "running"> | "unchanged" | "not-started";
  /** The number of its last attempt; 0 when there was none. */
  readonly attempts: number;
  readonly report?: AttemptReport;
  readonly error?: AttemptError;
  readonly blockedBy?: readonly string[];
}

export interface RunResult {
  readonly recipeRunId: number;
  readonly status: Exclude<RunStatus, "running">;
  readonly resumed: boolean;
  readonly elapsedMs: number;
  /** In the order in which they may run. */
  readonly tasks: readonly TaskOutcome[];
}
