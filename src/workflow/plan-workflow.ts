import { existsSync } from "node:fs";
import { FirstlightError } from "../core/errors.ts";
import { configurableServices, type DriverChoice, driverOf } from "../core/service-driver.ts";
import { loadSettings, type Settings } from "../core/settings.ts";
import { requireDrivers } from "../services/require-drivers.ts";
import { serviceNames } from "../services/services.ts";
import { requireParametersSchema } from "../tasks/resolve-parameters.ts";
import { fingerprintsOf } from "./fingerprint.ts";
import { lostFiles } from "./lost-files.ts";
import type { PlannedTask, PlanReason, WorkflowPlan } from "./plan.ts";
import type { PlanOptions } from "./run-options.ts";
import type { AttemptRecord, Fingerprint, NodeRecord, RunKey, RunRecord, RunStore } from "./run-store.ts";
import { isScratchGone } from "./scratch-gone.ts";
import { openSqliteRunStore, runStorePath } from "./sqlite-run-store.ts";
import type { Workflow, WorkflowNode } from "./workflow.ts";

/**
 * What `runWorkflow` would do with the same options, and why; nothing is written. Throws what is wrong with the workflow, the
 * settings (`SETTINGS_INVALID` lists every one) or the drivers that they name.
 */
export async function planWorkflow(workflow: Workflow, options: PlanOptions): Promise<WorkflowPlan> {
  const settings = loadSettings(options.env ?? process.env);
  const path = runStorePath(settings.scratchBasePath);
  if (!existsSync(path)) return await planRun(workflow, options, settings, undefined);
  await using store = await openSqliteRunStore(path);
  const run = await store.findRun(runKeyOf(workflow, options, settings), options);
  if (run === undefined) return await planRun(workflow, options, settings, undefined);
  const runner = await store.runner(run.recipeRunId);
  const plan = await planRun(workflow, options, settings, { store, run, isAtWork: runner !== undefined });
  return runner === undefined ? plan : { ...plan, runner };
}

export function runKeyOf(workflow: Workflow, options: PlanOptions, settings: Settings): RunKey {
  return {
    workflow: workflow.name,
    version: workflow.version ?? settings.buildVersion,
    inputKey: options.inputKey,
    outputKey: options.outputKey,
  };
}

/** The plan of a run that is in the record, or of one that is not yet. */
export async function planRun(
  workflow: Workflow,
  options: PlanOptions,
  settings: Settings,
  recorded: { readonly store: RunStore; readonly run: RunRecord; readonly isAtWork?: boolean } | undefined,
  signal?: AbortSignal,
): Promise<WorkflowPlan> {
  const nodes = workflow.nodes();
  checkServices(workflow.name, nodes);
  for (const { task } of nodes) requireParametersSchema(task);
  const drivers = chooseDrivers(settings, options.inProcess ?? false);
  const { version } = runKeyOf(workflow, options, settings);
  const fingerprints = fingerprintsOf(nodes, {
    workflow: workflow.name,
    version,
    inputDigest: options.inputDigest,
    parametersDigest: options.parametersDigest ?? "",
    module: options.module,
  });
  const records = new Map<string, NodeRecord>();
  const attempts = new Map<string, AttemptRecord[]>();
  if (recorded !== undefined) {
    for (const node of await recorded.store.nodes(recorded.run.recipeRunId)) records.set(node.task, node);
    for (const attempt of await recorded.store.attempts(recorded.run.recipeRunId)) {
      attempts.set(attempt.task, [...(attempts.get(attempt.task) ?? []), attempt]);
    }
  }
  const planTasks = (losses: Losses): readonly PlannedTask[] => {
    const willRun = new Set<string>();
    return nodes.flatMap((node): readonly PlannedTask[] => {
      const fingerprint = fingerprints.get(node.name);
      if (fingerprint === undefined) return [];
      const earlier = attempts.get(node.name) ?? [];
      const reasons = reasonsOf(
        node,
        fingerprint,
        { record: records.get(node.name), attempts: earlier, isAtWork: recorded?.isAtWork ?? false },
        willRun,
        losses,
      );
      const action = reasons.some(({ kind }) => kind === "unchanged") ? "skip" : "run";
      if (action === "run") willRun.add(node.name);
      const { name, after, queue, retries, retryDelaySeconds, uses } = node;
      const count = earlier.at(-1)?.attempt ?? 0;
      return [
        { task: name, after, queue, retries, retryDelaySeconds, uses, attempts: count, fingerprint, action, reasons },
      ];
    });
  };
  const needsScratch = ({ task, action }: PlannedTask): boolean =>
    action === "run" && !nodes.some((node) => node.name === task && !node.task.needsScratch);
  const plan = planTasks(nothingLost);
  const isGone =
    recorded !== undefined &&
    (await isScratchGone(
      settings,
      recorded.run.recipeRunId,
      await recorded.store.events(recorded.run.recipeRunId),
      signal,
    ));
  const isIncomplete = isGone && plan.some(needsScratch);
  // Scratch that is gone stays gone unless tasks are to fill it anew.
  const removed =
    isGone && !isIncomplete ? [] : [...records.keys()].filter((task) => !fingerprints.has(task)).reverse();
  return {
    workflow: workflow.name,
    version,
    recipeRunId: recorded?.run.recipeRunId,
    drivers,
    tasks: isIncomplete
      ? planTasks({ ...nothingLost, isScratchGone: true })
      : recorded !== undefined && !isGone && plan.some(needsScratch)
        ? planTasks({ ...nothingLost, files: await lostFiles(settings, recorded.run.recipeRunId, signal) })
        : plan,
    ...(removed.length === 0 ? {} : { removed }),
    ...(isGone ? { isScratchGone: true } : {}),
  };
}

/** What earlier tasks left in scratch and is there no more. */
interface Losses {
  readonly isScratchGone: boolean;
  /** By the task that wrote them. */
  readonly files: ReadonlyMap<string, readonly string[]>;
}

/** What the record says of a task. */
interface History {
  readonly record: NodeRecord | undefined;
  readonly attempts: readonly AttemptRecord[];
  readonly isAtWork: boolean;
}

const nothingLost: Losses = { isScratchGone: false, files: new Map() };

function reasonsOf(
  node: WorkflowNode,
  fingerprint: Fingerprint,
  { record, attempts, isAtWork }: History,
  willRun: ReadonlySet<string>,
  { isScratchGone, files }: Losses,
): readonly PlanReason[] {
  if (record === undefined) return [{ kind: "new" }];
  const reasons = [...statusReasons(record, attempts, isAtWork), ...changeReasons(record.fingerprint, fingerprint)];
  const isDone = record.status === "done" || record.status === "skipped";
  if (isScratchGone && isDone) reasons.push({ kind: "scratch-removed" });
  const lost = files.get(node.name);
  if (lost !== undefined && isDone) reasons.push({ kind: "files-lost", files: lost });
  const tasks = node.after.filter((upstream) => willRun.has(upstream));
  if (tasks.length > 0) reasons.push({ kind: "upstream-runs", tasks });
  if (reasons.length > 0) return reasons;
  if (record.fingerprint.digest !== fingerprint.digest) return [{ kind: "upstream-ran" }];
  return [{ kind: "unchanged", doneAt: record.updatedAt }];
}

function statusReasons(
  record: NodeRecord,
  attempts: readonly AttemptRecord[],
  isAtWork: boolean,
): readonly PlanReason[] {
  const last = attempts.at(-1);
  switch (record.status) {
    case "done":
    case "skipped":
      return [];
    case "failed":
      return [{ kind: "failed-before", attempts: last?.attempt ?? 0, code: last?.error?.code ?? "TASK_FAILED" }];
    case "blocked":
      return [{ kind: "blocked-before", by: record.blockedBy }];
    case "waiting":
    case "running":
    case "interrupted":
      if (last === undefined) return [{ kind: "new" }];
      if (last.error !== undefined && last.state !== "lost") {
        return [{ kind: "failed-before", attempts: last.attempt, code: last.error.code }];
      }
      return [isAtWork ? { kind: "at-work", attempt: last.attempt } : { kind: "interrupted", attempts: last.attempt }];
  }
}

function changeReasons(before: Fingerprint, now: Fingerprint): readonly PlanReason[] {
  const reasons: PlanReason[] = [];
  if (before.taskVersion !== now.taskVersion) {
    reasons.push({ kind: "task-version-changed", from: before.taskVersion, to: now.taskVersion });
  }
  if (before.code !== now.code) reasons.push({ kind: "code-changed" });
  if (before.parameters !== now.parameters) reasons.push({ kind: "parameters-changed" });
  if (before.input !== now.input) reasons.push({ kind: "input-changed" });
  if (before.upstreams.join("\n") !== now.upstreams.join("\n")) {
    reasons.push({ kind: "upstreams-changed", from: before.upstreams, to: now.upstreams });
  }
  return reasons;
}

// TypeScript checks the names; an instrument package may be JavaScript.
function checkServices(workflow: string, nodes: readonly WorkflowNode[]): void {
  for (const { name, uses } of nodes) {
    const unknown = uses.filter((service) => !serviceNames.includes(service));
    if (unknown.length === 0) continue;
    throw new FirstlightError(
      "PLAN_SERVICE_UNKNOWN",
      `Task ${name} of workflow ${workflow} uses ${unknown.map((service) => `'${service}'`).join(", ")}, and there is no such service. The services are ${serviceNames.join(", ")}; correct 'static uses' of ${name}.`,
      { disposition: "invalid", fields: { workflow, task: name, unknown } },
    );
  }
}

function chooseDrivers(settings: Settings, inProcess: boolean): readonly DriverChoice[] {
  // Of all services: a task may use one that it does not declare, and products must not go elsewhere than the settings say.
  requireDrivers(settings, configurableServices);
  const drivers = configurableServices.map((service) => driverOf(settings, service));
  const inventory = drivers.find(({ service }) => service === "inventory");
  if (inventory?.driver === "memory" && !inProcess) {
    throw new FirstlightError(
      "PLAN_INVENTORY_NOT_SHARED",
      "The inventory driver 'memory' lives in one process, and each attempt runs in a process of its own. Use INVENTORY_DRIVER=sqlite or redis, or run with --in-process.",
      { disposition: "invalid", fields: { driver: "memory" } },
    );
  }
  return drivers;
}
