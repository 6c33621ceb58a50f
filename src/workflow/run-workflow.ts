import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Attributes, SpanStatusCode } from "@opentelemetry/api";
import { type Clock, clockFrom } from "../core/clock.ts";
import { FirstlightError, isFirstlightError } from "../core/errors.ts";
import { redactor } from "../core/redact.ts";
import { loadSettings, type Settings } from "../core/settings.ts";
import { runAttributes, withSpan } from "../core/telemetry.ts";
import type { InventoryDriver } from "../scratch/inventory-driver.ts";
import { openInventory } from "../scratch/open-inventory.ts";
import { makeAttemptInChild } from "./attempt-in-child.ts";
import { makeAttemptInProcess } from "./attempt-in-process.ts";
import type { MakeAttempt } from "./attempt-job.ts";
import { attemptWithoutSecrets } from "./attempt-without-secrets.ts";
import { buryGhosts } from "./bury-ghosts.ts";
import { widthOf } from "./dag.ts";
import { failureTeller } from "./failure-teller.ts";
import { openRun } from "./open-run.ts";
import type { WorkflowPlan } from "./plan.ts";
import { planRun, runKeyOf } from "./plan-workflow.ts";
import { rollBackRemoved } from "./roll-back-removed.ts";
import { rollBackReruns } from "./roll-back-reruns.ts";
import type { RunContext } from "./run-context.ts";
import { nodeOf } from "./run-node.ts";
import { runNodes } from "./run-nodes.ts";
import type { RunOptions, RunResult, TaskOutcome } from "./run-options.ts";
import { createRunRecorder } from "./run-recorder.ts";
import type { OpenedRun, RunLease, RunStore } from "./run-store.ts";
import { enterRun } from "./scratch-gone.ts";
import { openSqliteRunStore, runStorePath } from "./sqlite-run-store.ts";
import type { Workflow } from "./workflow.ts";

/**
 * Runs a workflow on this machine, each attempt in a process of its own, or goes on with a run that did not end. A task that
 * fails blocks what depends on it and nothing else; a task left out by an error with the disposition `skip` blocks nothing.
 * Resolves however the tasks end; throws when the run cannot begin (`RUN_LEASED`, `RUN_MISMATCH`, what is wrong with the workflow
 * or the settings) or its record cannot be written (`RUN_LEASE_LOST`).
 */
export async function runWorkflow(workflow: Workflow, options: RunOptions): Promise<RunResult> {
  const env = options.env ?? process.env;
  const settings = loadSettings(env);
  const clock = options.clock ?? clockFrom(settings);
  // Before anything is written: a workflow that cannot run leaves no run behind.
  await planRun(workflow, options, settings, undefined);
  const redact = redactor(env);
  const makeAttempt = attemptWithoutSecrets(chooseProcess(workflow, options), redact);
  await using store = await openSqliteRunStore(runStorePath(settings.scratchBasePath), { clock });
  const opened = await openRun(store, runKeyOf(workflow, options, settings), options, settings);
  await using lease = await store.lease(opened.run.recipeRunId);
  // A memory inventory is empty at every opening: the tasks of a run in this process share one.
  await using inventory =
    options.inProcess === true
      ? await openInventory(settings, {
          recipeRunId: lease.recipeRunId,
          clientName: workflow.name,
          signal: options.signal,
        })
      : undefined;
  const telemetry = runAttributes(settings, {
    recipeRunId: lease.recipeRunId,
    workflowName: workflow.name,
    workflowVersion: workflow.version ?? settings.buildVersion,
  });
  const leased = { env, settings, clock, store, opened, lease, redact, makeAttempt, inventory, telemetry };
  return await withSpan(workflow.name, telemetry, () => runLeased(workflow, options, leased), {
    statusOf: ({ status }) =>
      status === "done" ? { code: SpanStatusCode.OK } : { code: SpanStatusCode.ERROR, message: status },
  });
}

interface LeasedRun {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly store: RunStore;
  readonly opened: OpenedRun;
  readonly lease: RunLease;
  readonly redact: (text: string) => string;
  readonly makeAttempt: MakeAttempt;
  /** Shared by all tasks where they run in this process. */
  readonly inventory: InventoryDriver | undefined;
  readonly telemetry: Attributes;
}

async function runLeased(workflow: Workflow, options: RunOptions, leased: LeasedRun): Promise<RunResult> {
  const { settings, clock, store, opened, lease } = leased;
  const started = performance.now();
  const brokenOff = new AbortController();
  const stop = AbortSignal.any([brokenOff.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const kill = AbortSignal.any([brokenOff.signal, ...(options.killSignal === undefined ? [] : [options.killSignal])]);
  const giveUp = (error: unknown): void => brokenOff.abort(error);
  const heartbeat = setInterval(() => {
    lease.renew().catch((error: unknown) => {
      // Anything else may be over by the next beat; if not, the lease runs out and is lost.
      if (isFirstlightError(error, "RUN_LEASE_LOST")) giveUp(error);
    });
  }, lease.renewEveryMs).unref();
  const recorder = createRunRecorder(lease, clock, options.onEvent);
  const finish = async (status: RunResult["status"], tasks: readonly TaskOutcome[]): Promise<RunResult> => {
    const elapsedMs = performance.now() - started;
    await recorder.record({ status }, { type: "run-finished", status, elapsedMs });
    return { recipeRunId: lease.recipeRunId, status, resumed: opened.resumed, elapsedMs, tasks };
  };
  try {
    await buryGhosts(lease.ghosts);
    const plan = await planRun(workflow, options, settings, { store, run: opened.run }, stop);
    const toRun = plan.tasks.filter(({ action }) => action === "run");
    // Recorded first: whatever ends this runner, the next one does all of them anew.
    await recorder.record(
      { status: "running", nodes: toRun.map((task) => nodeOf(task, "waiting")) },
      {
        type: "run-started",
        workflow: plan.workflow,
        version: plan.version,
        drivers: plan.drivers,
        resumed: opened.resumed,
        tasks: plan.tasks.map(({ task }) => task),
      },
    );
    const teller = failureTeller({
      recipeRunId: lease.recipeRunId,
      workflowName: plan.workflow,
      workflowVersion: plan.version,
      settings,
      recorder,
      redact: leased.redact,
      signal: stop,
    });
    const context: RunContext = {
      plan,
      lease,
      recorder,
      ...attemptsOf(workflow, options, leased, plan),
      stop,
      kill,
      telemetry: leased.telemetry,
      graceMs: (options.graceSeconds ?? 30) * 1000,
      tellFailure: teller.tell,
      giveUp,
    };
    try {
      // Files that no inventory knows would stand in the way of those who make them again.
      const beginsAnew = toRun.length === plan.tasks.length;
      if (opened.resumed && plan.isScratchGone === true && beginsAnew) {
        await rm(join(settings.scratchBasePath, String(lease.recipeRunId)), { recursive: true, force: true });
      }
      if (beginsAnew) await enterRun(settings, lease.recipeRunId, leased.inventory, stop);
      await options.prepare?.(lease.recipeRunId);
      await rollBackRemoved(context, settings, leased.inventory);
      await rollBackReruns(context);
    } catch (error) {
      await finish(stop.aborted ? "interrupted" : "failed", []);
      throw error;
    }
    const tasks = await runNodes(context);
    await teller.settled();
    if (brokenOff.signal.aborted) throw brokenOff.signal.reason;
    return await finish(statusOf(tasks), tasks);
  } finally {
    clearInterval(heartbeat);
  }
}

function attemptsOf(
  workflow: Workflow,
  options: RunOptions,
  { env, settings, lease, makeAttempt, inventory }: LeasedRun,
  plan: WorkflowPlan,
): Pick<RunContext, "makeAttempt" | "jobOf" | "ownProcesses" | "workers"> {
  const cores = availableParallelism();
  const workers = Math.max(1, Math.trunc(options.workers ?? cores));
  const upstreams = new Map(plan.tasks.map(({ task, after }) => [task, after]));
  const atOnce = Math.min(workers, widthOf(upstreams, [...upstreams.keys()]));
  const threads = settings.threads ?? Math.max(1, Math.floor(cores / Math.max(1, atOnce)));
  const nodes = new Map(workflow.nodes().map((node) => [node.name, node]));
  return {
    workers,
    ownProcesses: options.inProcess !== true,
    makeAttempt,
    jobOf: (task) => {
      const node = nodes.get(task);
      if (node === undefined) throw new Error(`${task} is in the plan and not in the workflow`);
      return {
        node,
        recipeRunId: lease.recipeRunId,
        workflowName: plan.workflow,
        workflowVersion: plan.version,
        skipBadFrames: workflow.skipBadFrames,
        threads,
        env,
        inventory,
        ...(options.clock === undefined ? {} : { clock: options.clock }),
      };
    },
  };
}

function chooseProcess(workflow: Workflow, { inProcess, module, exportName = "workflow" }: RunOptions): MakeAttempt {
  if (inProcess === true) return makeAttemptInProcess;
  if (module !== undefined) return makeAttemptInChild({ module, exportName });
  throw new FirstlightError(
    "RUN_MODULE_MISSING",
    `Each attempt of ${workflow.name} runs in a process of its own, which imports the workflow: give runWorkflow the URL of the module (import.meta.url where the workflow is exported), or run it with inProcess: true.`,
    { disposition: "invalid", fields: { workflow: workflow.name } },
  );
}

function statusOf(tasks: readonly TaskOutcome[]): RunResult["status"] {
  const statuses = new Set(tasks.map(({ status }) => status));
  if (statuses.has("interrupted") || statuses.has("not-started")) return "interrupted";
  return statuses.has("failed") ? "failed" : "done";
}
