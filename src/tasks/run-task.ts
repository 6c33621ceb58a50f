import { availableParallelism } from "node:os";
import type { Attributes } from "@opentelemetry/api";
import { type Clock, clockFrom } from "../core/clock.ts";
import { FirstlightError } from "../core/errors.ts";
import { type IdSource, randomIds } from "../core/ids.ts";
import { type Logger, silentLogger } from "../core/log.ts";
import { Progress, type ProgressState } from "../core/progress.ts";
import { loadSettings, type Settings } from "../core/settings.ts";
import { instrumentationName, meter, withSpan } from "../core/telemetry.ts";
import { parseFitsTimeUs } from "../fits/fits-time.ts";
import { BudName } from "../parsing/bud-name.ts";
import { raiseFence } from "../scratch/fence.ts";
import type { InventoryDriver } from "../scratch/inventory-driver.ts";
import { openInventory } from "../scratch/open-inventory.ts";
import { openScratch } from "../scratch/scratch.ts";
import { openServices } from "../services/open-services.ts";
import type { Services } from "../services/services.ts";
import type { AttemptReport } from "./attempt-report.ts";
import { keepAttemptRecord } from "./keep-attempt-record.ts";
import { createLineage } from "./lineage.ts";
import { resolveParameters } from "./resolve-parameters.ts";
import { isTaskClass, type TaskClass } from "./task-base.ts";
import type { TaskContext } from "./task-context.ts";

export interface RunTaskOptions {
  readonly recipeRunId: number;
  readonly workflowName?: string;
  readonly workflowVersion?: string;
  /** From 2 on, what the attempts before left behind is rolled back first. */
  readonly attempt?: number;
  /** Leave out input frames that cannot be read, and record them, instead of failing. */
  readonly skipBadFrames?: boolean;
  /** Default: the settings of `env`, which defaults to the process's environment. */
  readonly settings?: Settings;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Stand in for the services that the settings name. They stay open. */
  readonly services?: Partial<Services>;
  /** Stands in for the inventory that the settings name. It stays open. */
  readonly inventory?: InventoryDriver;
  readonly signal?: AbortSignal;
  readonly onProgress?: (state: ProgressState) => void;
  readonly log?: Logger;
  readonly clock?: Clock;
  readonly ids?: IdSource;
  readonly threads?: number;
}

/**
 * Runs one attempt of a task: the only way in which anybody runs one. Opens scratch and services, rolls back earlier attempts,
 * then `preRun`, `run` and `postRun` under a root span `{workflow}.{task}`; closes everything whatever happens. Throws
 * what the task threw.
 */
export async function runTask(task: TaskClass, options: RunTaskOptions): Promise<AttemptReport> {
  if (!isTaskClass(task)) {
    throw new FirstlightError(
      "NOT_A_TASK",
      "runTask takes a class that extends TaskBase, such as ScienceTaskL0ToL1Base.",
      {
        disposition: "invalid",
      },
    );
  }
  const env = options.env ?? process.env;
  const settings = options.settings ?? loadSettings(env);
  const { recipeRunId, attempt = 1, workflowName = "manual", workflowVersion = settings.buildVersion } = options;
  const clock = options.clock ?? clockFrom(env);
  const attributes = telemetryAttributes(task.name, settings, { recipeRunId, workflowName, workflowVersion });
  const log = (options.log ?? silentLogger).child({ "recipe.run.id": recipeRunId, "task.name": task.name, attempt });
  const progress = new Progress();
  if (options.onProgress !== undefined) progress.watch(options.onProgress);
  const signal = options.signal ?? new AbortController().signal;
  const started = performance.now();
  const startedAt = clock.now();

  await using resources = new AsyncDisposableStack();
  const driver =
    options.inventory ?? resources.use(await openInventory(settings, { recipeRunId, clientName: task.name }));
  const services = resources.use(openServices(settings, { log, clock, given: options.services ?? {} }));
  const token = await raiseFence(driver, recipeRunId, task.name);
  const scratch = resources.use(
    await openScratch({ basePath: settings.scratchBasePath, recipeRunId, taskName: task.name, driver, token }),
  );
  const lineage = createLineage();
  const makeContext = async (): Promise<TaskContext> => {
    const constants = new Map<string, unknown>(await scratch.constants.entries());
    return {
      settings,
      scratch,
      constants,
      services,
      parameters: await resolveParameters(task, scratch, observedAt(constants) ?? clock.now()),
      clock,
      ids: options.ids ?? randomIds,
      log,
      progress,
      lineage,
      skipBadFrames: options.skipBadFrames ?? false,
      signal,
      threads: options.threads ?? settings.threads ?? availableParallelism(),
    };
  };

  const counter = meter().createCounter(`${instrumentationName}.processing.tasks.executed`, {
    description: "Attempts of tasks begun.",
  });
  counter.add(1, attributes);
  await withSpan(`${workflowName}.${task.name}`, { ...attributes, "dkist.root": "True" }, async () => {
    const identity = { recipeRunId, workflowName, workflowVersion, attempt };
    if (attempt > 1) {
      log.info("Rolling back earlier attempts");
      const earlier = new task(identity, await makeContext());
      await withSpan("Rollback", attributes, () => earlier.rollback());
    }
    signal.throwIfAborted();
    const context = await makeContext();
    const instance = new task(identity, context);
    log.info("Starting");
    await withSpan("Pre Run", attributes, () => instance.preRun());
    await withSpan("Run", attributes, () => instance.run());
    signal.throwIfAborted();
    await withSpan("Post Run", attributes, () => instance.postRun());
    await keepAttemptRecord(task, {
      startedAt: startedAt.toISOString(),
      endedAt: clock.now().toISOString(),
      parameters: context.parameters,
      lineage,
      scratch,
    });
    log.info("Complete");
  });
  progress.complete();
  const endedAt = clock.now();
  return {
    task: task.name,
    attempt,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    elapsedMs: performance.now() - started,
    reads: [...lineage.reads].sort(),
    writes: lineage.writes,
    // Linux and macOS differ in the unit of ru_maxrss; Node gives kilobytes on both.
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** Parameters are those that were in force when the observation began; a run that does not know its time takes today's. */
function observedAt(constants: ReadonlyMap<string, unknown>): Date | undefined {
  const begin = constants.get(BudName.obsIpStartTime);
  const timeUs = typeof begin === "string" ? parseFitsTimeUs(begin) : undefined;
  return timeUs === undefined ? undefined : new Date(timeUs / 1000);
}

function telemetryAttributes(
  taskName: string,
  settings: Settings,
  run: { readonly recipeRunId: number; readonly workflowName: string; readonly workflowVersion: string },
): Attributes {
  return {
    "recipe.run.id": run.recipeRunId,
    "workflow.name": run.workflowName,
    "workflow.version": run.workflowVersion,
    "task.name": taskName,
    "nomad.allocation.id": settings.nomadAllocId,
    "nomad.allocation.name": settings.nomadAllocName,
    "nomad.allocation.group": settings.nomadGroupName,
  };
}
