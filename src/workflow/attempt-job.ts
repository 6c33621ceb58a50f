import type { Clock } from "../core/clock.ts";
import type { ProgressState } from "../core/progress.ts";
import type { InventoryDriver } from "../scratch/inventory-driver.ts";
import type { AttemptReport } from "../tasks/attempt-report.ts";
import type { AttemptError } from "./run-event.ts";
import type { WorkflowNode } from "./workflow.ts";

/** One attempt to be made. */
export interface AttemptJob {
  readonly node: WorkflowNode;
  readonly recipeRunId: number;
  readonly workflowName: string;
  readonly workflowVersion: string;
  readonly attempt: number;
  readonly skipBadFrames: boolean;
  /** Its share of the cores. */
  readonly threads: number;
  /** Only undo what earlier attempts left behind. */
  readonly rollbackOnly: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Given, it stands in for the clock that `env` asks for; a process of its own cannot be given one. */
  readonly clock?: Clock;
  /** Given, it stands in for the one that `env` names, as the tasks of a run in one process share it. It stays open. */
  readonly inventory?: InventoryDriver | undefined;
}

/** What an attempt tells while it is under way. */
export interface AttemptWatch {
  /** Once it has resolved the attempt begins: a process that is not in the record yet does nothing. Never rejects. */
  readonly onStart: (pid: number) => Promise<void>;
  readonly onProgress: (state: ProgressState) => void;
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
  /** Asks the attempt to end. */
  readonly signal: AbortSignal;
  /** Ends it at once, where it has a process of its own. */
  readonly killSignal: AbortSignal;
  readonly graceMs: number;
}

export type AttemptEnd =
  | { readonly kind: "done"; readonly report: AttemptReport }
  | { readonly kind: "failed" | "crashed"; readonly error: AttemptError }
  | { readonly kind: "interrupted" };

/** Makes an attempt, in this process or in one of its own. Never throws: whatever goes wrong is the attempt's end. */
export type MakeAttempt = (job: AttemptJob, watch: AttemptWatch) => Promise<AttemptEnd>;

/** What the runner sends to an attempt's process. */
export interface AttemptCommand {
  readonly type: "begin";
}

/** What an attempt's process sends to the runner. */
export type AttemptMessage =
  | { readonly type: "progress"; readonly state: ProgressState }
  | { readonly type: "done"; readonly report: AttemptReport }
  | { readonly type: "failed"; readonly error: AttemptError }
  /**
   * Nobody took the telemetry in the time that there was. Who comes next need not wait for a collector that `isThere` and takes nothing;
   * one that is not may come back.
   */
  | { readonly type: "telemetry-lost"; readonly isThere: boolean };
