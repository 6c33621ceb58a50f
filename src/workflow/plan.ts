import type { ServiceName } from "../services/services.ts";

/** Which driver a service runs on. */
export interface ServiceDriver {
  readonly service: ServiceName | "inventory";
  readonly driver: string;
  /** The setting that named it, or `default`. */
  readonly chosenBy: string;
}

/** Why a task will run, or will not. */
export type PlanReason =
  | { readonly kind: "new" }
  | { readonly kind: "failed-before"; readonly attempts: number; readonly code: string }
  | { readonly kind: "interrupted"; readonly attempts: number }
  | { readonly kind: "blocked-before"; readonly by: readonly string[] }
  | { readonly kind: "task-version-changed"; readonly from: string; readonly to: string }
  | { readonly kind: "code-changed" }
  | { readonly kind: "parameters-changed" }
  | { readonly kind: "input-changed" }
  | { readonly kind: "upstreams-changed"; readonly from: readonly string[]; readonly to: readonly string[] }
  | { readonly kind: "upstream-runs"; readonly tasks: readonly string[] }
  | { readonly kind: "unchanged"; readonly doneAt: string };

export interface PlannedTask {
  readonly task: string;
  readonly after: readonly string[];
  readonly queue: string;
  readonly retries: number;
  readonly retryDelaySeconds: number;
  readonly uses: readonly ServiceName[];
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
  readonly drivers: readonly ServiceDriver[];
  /** In the order in which they may run. */
  readonly tasks: readonly PlannedTask[];
}
