export type { ConfigurableService, DriverChoice } from "../core/service-driver.ts";
export { type LoadedWorkflow, loadWorkflow } from "./load-workflow.ts";
export type { PlannedTask, PlanReason, WorkflowPlan } from "./plan.ts";
export { planWorkflow } from "./plan-workflow.ts";
export type {
  AttemptError,
  RunEvent,
  RunEventBody,
  RunFinished,
  RunStarted,
  RunStatus,
  TaskBlocked,
  TaskFailed,
  TaskFinished,
  TaskInterrupted,
  TaskLog,
  TaskProgress,
  TaskRolledBack,
  TaskSkipped,
  TaskStarted,
} from "./run-event.ts";
export type { PlanOptions, RunOptions, RunResult, TaskOutcome } from "./run-options.ts";
export type {
  AttemptChange,
  AttemptRecord,
  AttemptState,
  Fingerprint,
  NodeRecord,
  NodeStatus,
  OpenedRun,
  ProcessIdentity,
  RunChanges,
  RunChoice,
  RunKey,
  RunLease,
  Runner,
  RunRecord,
  RunStore,
} from "./run-store.ts";
export { runWorkflow } from "./run-workflow.ts";
export { openSqliteRunStore, runStorePath, type SqliteRunStoreOptions } from "./sqlite-run-store.ts";
export { isWorkflow, type NodeOptions, Workflow, type WorkflowNode, type WorkflowOptions } from "./workflow.ts";
