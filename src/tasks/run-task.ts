import { availableParallelism } from "node:os";
import type { Attributes } from "@opentelemetry/api";
import { type Clock, clockFrom, systemClock } from "../core/clock.ts";
import { type IdSource, randomIds } from "../core/ids.ts";
import { type Logger, silentLogger } from "../core/log.ts";
import { Progress, type ProgressState } from "../core/progress.ts";
import { loadSettings, type Settings } from "../core/settings.ts";
import { meter, metricPrefix, runAttributes, withSpan } from "../core/telemetry.ts";
import { parseFitsTimeUs } from "../fits/fits-time.ts";
import { BudName } from "../parsing/bud-name.ts";
import { raiseFence } from "../scratch/fence.ts";
import type { InventoryDriver } from "../scratch/inventory-driver.ts";
import { inventoryKeys } from "../scratch/inventory-keys.ts";
import { openInventory } from "../scratch/open-inventory.ts";
import { openScratch } from "../scratch/scratch.ts";
import type { Bus } from "../services/bus.ts";
import { openServices } from "../services/open-services.ts";
import { outboxBus, publishPending } from "../services/outbox.ts";
import type { Services } from "../services/services.ts";
import type { Transfer } from "../services/transfer.ts";
import type { AttemptReport } from "./attempt-report.ts";
import { inventoryOutbox } from "./inventory-outbox.ts";
import { keepAttemptRecord } from "./keep-attempt-record.ts";
import { landingTransfer } from "./landing-transfer.ts";
import { createLineage, type Lineage } from "./lineage.ts";
import { requireIdentity } from "./require-identity.ts";
import { requireTask } from "./require-task.ts";
import { resolveParameters } from "./resolve-parameters.ts";
import type { TaskClass } from "./task-base.ts";
import type { TaskContext } from "./task-context.ts";
import type { TaskIdentity } from "./task-identity.ts";
import { withResources } from "./with-resources.ts";

export interface RunTaskOptions {
  readonly recipeRunId: number;
  /** Default "manual". */
  readonly workflowName?: string;
  /** Default: BUILD_VERSION of the settings. */
  readonly workflowVersion?: string;
  /**
   * From 2 on, what the attempts before left behind is rolled back first. Where one with a greater number has begun, this one is
   * refused. Without a number it is the first, and comes after all that began before it.
   */
  readonly attempt?: number;
  /** A person runs this task by hand, outside of its workflow: its provenance says so, and is always recorded. */
  readonly isManual?: boolean;
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
  /** What time it is in products. Default: the system's, or that of SOURCE_DATE_EPOCH in the settings. */
  readonly clock?: Clock;
  readonly ids?: IdSource;
  readonly threads?: number;
}

/**
 * Runs one attempt of a task: the only way in which anybody runs one. Opens scratch and services, rolls back earlier attempts,
 * then `preRun`, `run` and `postRun` under a root span `{workflow}.{task}`; closes everything whatever happens. Throws
 * what the task threw, or the signal's reason. From its start on, earlier attempts of the task may not write any more.
 *
 * @throws FirstlightError NOT_A_TASK, RECIPE_RUN_ID_INVALID, ATTEMPT_INVALID; SETTINGS_INVALID; PARAMETERS_INVALID;
 * ATTEMPT_FENCED where a later attempt has begun; what scratch and services throw when they open
 */
export async function runTask(task: TaskClass, options: RunTaskOptions): Promise<AttemptReport> {
  requireTask(task);
  const settings = options.settings ?? loadSettings(options.env ?? process.env);
  const { recipeRunId, attempt = 1, workflowName = "manual", workflowVersion = settings.buildVersion } = options;
  const identity: TaskIdentity = { recipeRunId, workflowName, workflowVersion, attempt };
  requireIdentity(identity);
  const startedAt = systemClock.now();
  const startedMs = performance.now();
  const progress = new Progress();
  const stopTelling = options.onProgress === undefined ? () => undefined : progress.watch(options.onProgress);
  const lineage = createLineage();
  const telemetry = { ...runAttributes(settings, identity), "task.name": task.name };
  meter()
    .createCounter(`${metricPrefix}.tasks.executed`, { description: "Attempts of tasks begun." })
    .add(1, telemetry);
  const stopRecording = recordProgress(progress, telemetry);
  try {
    await withSpan(`${workflowName}.${task.name}`, { ...telemetry, "dkist.root": "True" }, () =>
      liveThrough(task, identity, {
        settings,
        clock: options.clock ?? clockFrom(settings),
        ids: options.ids ?? randomIds,
        log: (options.log ?? silentLogger).child({ "recipe.run.id": recipeRunId, "task.name": task.name, attempt }),
        progress,
        lineage,
        skipBadFrames: options.skipBadFrames ?? false,
        isManual: options.isManual ?? false,
        telemetry,
        signal: options.signal ?? new AbortController().signal,
        threads: options.threads ?? settings.threads ?? availableParallelism(),
        given: { services: options.services ?? {}, inventory: options.inventory, attempt: options.attempt },
      }),
    );
    // Work that never said how much it is has no count to show.
    if (progress.state.total === 0) stopTelling();
    progress.complete();
  } finally {
    stopRecording();
  }
  return {
    task: task.name,
    attempt,
    startedAt: startedAt.toISOString(),
    endedAt: systemClock.now().toISOString(),
    elapsedMs: performance.now() - startedMs,
    reads: [...lineage.reads].sort(),
    writes: lineage.writes,
    // Linux and macOS differ in the unit of ru_maxrss; Node gives kilobytes on both.
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** What is there before anything is opened. */
interface Beginning extends Omit<TaskContext, "scratch" | "constants" | "services" | "parameters"> {
  readonly given: {
    readonly services: Partial<Services>;
    readonly inventory: InventoryDriver | undefined;
    readonly attempt: number | undefined;
  };
}

async function liveThrough(task: TaskClass, identity: TaskIdentity, beginning: Beginning): Promise<void> {
  const { given, ...rest } = beginning;
  const { settings, clock, log, signal, telemetry } = rest;
  const { recipeRunId, attempt = 1 } = identity;
  const beganAt = clock.now();
  signal.throwIfAborted();
  await withResources(log, async (opened) => {
    const driver =
      given.inventory ?? opened.use(await openInventory(settings, { recipeRunId, clientName: task.name, signal, log }));
    const outside = opened.use(openServices(settings, { log, clock, signal, given: given.services }));
    const token = await raiseFence(driver, recipeRunId, task.name, given.attempt);
    const keys = inventoryKeys(recipeRunId, task.name);
    const outbox = inventoryOutbox({ driver, key: keys.outbox, fence: { key: keys.fence, token } });
    const scratch = opened.use(
      await openScratch({ basePath: settings.scratchBasePath, recipeRunId, taskName: task.name, driver, token }),
    );
    const services = attemptsOwn(outside, {
      bus: (bus) => outboxBus(bus, outbox),
      transfer: (transfer) => landingTransfer(transfer, scratch.landing),
    });
    const contextNow = async (lineage: Lineage): Promise<TaskContext> => {
      const constants = new Map<string, unknown>(await scratch.constants.entries());
      return { ...rest, scratch, services, constants, lineage, parameters: undefined };
    };
    if (attempt > 1) {
      log.info("Rolling back earlier attempts");
      const earlier = new task(identity, await contextNow(createLineage()));
      await withSpan("Rollback", telemetry, () => earlier.rollback());
      signal.throwIfAborted();
    }
    const bare = await contextNow(rest.lineage);
    const parameters = await resolveParameters(task, scratch, observedAt(bare.constants) ?? clock.now());
    const instance = new task(identity, { ...bare, parameters });
    log.info("Starting");
    await withSpan("Pre Run", telemetry, () => instance.preRun());
    await withSpan("Run", telemetry, () => instance.run());
    signal.throwIfAborted();
    await withSpan("Post Run", telemetry, () => instance.postRun());
    // What an earlier attempt recorded and did not come to publish, or this one failed to and went on.
    if (task.uses.includes("bus")) await publishPending(outbox, outside.bus, signal);
    await keepAttemptRecord(task, {
      startedAt: beganAt.toISOString(),
      endedAt: clock.now().toISOString(),
      parameters,
      lineage: rest.lineage,
      scratch,
    });
    // Who reads the report takes the attempt for done: its tags and constants must be as lasting as that.
    await driver.sync?.();
    log.info("Complete");
  });
}

/** The services with a bus and a transfer of the attempt's own, made of theirs when they are first asked for. */
function attemptsOwn(
  services: Services,
  make: { bus(bus: Bus): Bus; transfer(transfer: Transfer): Transfer },
): Services {
  let bus: Bus | undefined;
  let transfer: Transfer | undefined;
  return {
    get bus() {
      bus ??= make.bus(services.bus);
      return bus;
    },
    get objectStore() {
      return services.objectStore;
    },
    get metadataStore() {
      return services.metadataStore;
    },
    get transfer() {
      transfer ??= make.transfer(services.transfer);
      return transfer;
    },
  };
}

/** A gauge that keeps its last value: what is sent when an attempt's process ends tells how far it came. */
function recordProgress(progress: Progress, attributes: Attributes): () => void {
  const gauge = meter().createGauge(`${metricPrefix}.tasks.outer.loop.progress`, {
    description: "How far the outer loop of a task is.",
    unit: "%",
  });
  const record = (): void => gauge.record(progress.percent, attributes);
  record();
  return progress.watch(record);
}

/** Parameters are those that were in force when the observation began; a run that does not know its time takes today's. */
function observedAt(constants: ReadonlyMap<string, unknown>): Date | undefined {
  const begin = constants.get(BudName.obsIpStartTime);
  const timeUs = typeof begin === "string" ? parseFitsTimeUs(begin) : undefined;
  return timeUs === undefined ? undefined : new Date(timeUs / 1000);
}
