import type { Attributes } from "@opentelemetry/api";
import type { AttemptJob, MakeAttempt } from "./attempt-job.ts";
import type { WorkflowPlan } from "./plan.ts";
import type { RunRecorder } from "./run-recorder.ts";
import type { RunLease } from "./run-store.ts";

/** What the attempts of a run have in common. */
export interface RunContext {
  readonly plan: WorkflowPlan;
  readonly lease: RunLease;
  readonly recorder: RunRecorder;
  readonly makeAttempt: MakeAttempt;
  readonly jobOf: (task: string) => Omit<AttemptJob, "attempt" | "rollbackOnly">;
  /** Whether attempts have processes of their own, which a later runner may have to kill. */
  readonly ownProcesses: boolean;
  readonly workers: number;
  /** What the runner's spans carry. */
  readonly telemetry: Attributes;
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
  readonly graceMs: number;
  /** Tells the facility that a task has failed for good. Never throws, and is waited for before the run's end. */
  readonly tellFailure: (task: string, attempt: number) => void;
  /** Ends the whole run at once: its record cannot be written any more. */
  readonly giveUp: (error: unknown) => void;
}
