import type { DriverChoice } from "../core/service-driver.ts";
import type { Fingerprint, Runner } from "./run-store.ts";
import type { WorkflowNode } from "./workflow.ts";

/** Why a task will run, or will not. */
export type PlanReason =
  | { readonly kind: "new" }
  | { readonly kind: "failed-before"; readonly attempts: number; readonly code: string }
  | { readonly kind: "interrupted"; readonly attempts: number }
  /** The runner that is at work on the run has begun this attempt. */
  | { readonly kind: "at-work"; readonly attempt: number }
  | { readonly kind: "blocked-before"; readonly by: readonly string[] }
  | { readonly kind: "task-version-changed"; readonly from: string; readonly to: string }
  | { readonly kind: "code-changed" }
  | { readonly kind: "parameters-changed" }
  | { readonly kind: "input-changed" }
  | { readonly kind: "upstreams-changed"; readonly from: readonly string[]; readonly to: readonly string[] }
  /** It was done before they were done anew. */
  | { readonly kind: "upstream-ran" }
  | { readonly kind: "upstream-runs"; readonly tasks: readonly string[] }
  /** It was done, and other tasks run that may need what it left in scratch, where nothing is any more. */
  | { readonly kind: "scratch-removed" }
  /** It was done, and files that it wrote are in scratch no more, though the inventory knows them. Absolute paths. */
  | { readonly kind: "files-lost"; readonly files: readonly string[] }
  | { readonly kind: "unchanged"; readonly doneAt: string };

/** What a plan says of one task, beside what its node in the workflow does. */
export interface PlannedTask extends Omit<WorkflowNode, "name" | "task"> {
  readonly task: string;
  /** How many attempts it has had in this run. */
  readonly attempts: number;
  readonly fingerprint: Fingerprint;
  readonly action: "run" | "skip";
  /** At least one; all that apply. */
  readonly reasons: readonly PlanReason[];
}

/** What `runWorkflow` would do, and why. */
export interface WorkflowPlan {
  readonly workflow: string;
  readonly version: string;
  /** The run that goes on; undefined when a new one begins. */
  readonly recipeRunId: number | undefined;
  /** Who is at work on it right now: what is planned holds once that has ended. */
  readonly runner?: Runner;
  readonly drivers: readonly DriverChoice[];
  /** In the order in which they may run. */
  readonly tasks: readonly PlannedTask[];
  /**
   * Tasks of the run that the workflow has no longer, the last first: what they left in scratch is undone before anything runs. By
   * the library alone, for a `rollback` of their own is gone with their class.
   */
  readonly removed?: readonly string[];
  /** Nothing of the run can be found in scratch: files that lie there still are removed before all tasks run again. */
  readonly isScratchGone?: boolean;
}
