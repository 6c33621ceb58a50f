import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { driverOf } from "../core/service-driver.ts";
import type { Settings } from "../core/settings.ts";
import { datasetId } from "../parsing/dataset-id.ts";
import { Tag } from "../scratch/tag.ts";
import type { AttemptError, RunStatus } from "../workflow/run-event.ts";
import type { NodeStatus } from "../workflow/run-store.ts";
import { type ProductFolder, productFolders } from "./product-folders.ts";
import type { RecordedRun, RecordedTask } from "./run-record.ts";

/** A task in what `run --json` and `inspect --json` print. */
export interface TaskDocument {
  readonly task: string;
  readonly status: NodeStatus | "unchanged" | "not-started";
  readonly attempts: number;
  /** Of the last attempt that was done; null where none was. */
  readonly startedAt: string | null;
  /** Of a task that failed, that of its last attempt. */
  readonly elapsedMs: number | null;
  readonly filesRead: number;
  readonly filesWritten: number;
  readonly peakMemoryBytes: number | null;
  readonly error: AttemptError | null;
  readonly blockedBy: readonly string[];
}

/** What `run --json` and `inspect RUN --json` print: see docs/cli.md. */
export interface RunDocument {
  readonly recipeRunId: number;
  readonly workflow: string;
  readonly version: string;
  readonly status: RunStatus;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly input: string;
  readonly output: string;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly datasetId: string;
  /** The driver that the settings name now. */
  readonly objectStore: string;
  /** Folders of the object store `fs`; of another one none. */
  readonly products: readonly ProductFolder[];
  readonly scratch: { readonly folder: string; readonly exists: boolean };
  readonly tasks: readonly TaskDocument[];
}

/** A run as people and programs are told of it. */
export async function runDocument({ run, tasks }: RecordedRun, settings: Settings): Promise<RunDocument> {
  const { recipeRunId, workflow, version, status, createdAt, updatedAt, inputKey, outputKey } = run;
  const folder = resolve(settings.scratchBasePath, String(recipeRunId));
  const dataset = datasetId(recipeRunId);
  const objectStore = driverOf(settings, "objectStore").driver;
  return {
    recipeRunId,
    workflow,
    version,
    status,
    createdAt,
    updatedAt,
    input: inputKey,
    output: outputKey,
    framesIn: countWritten(tasks, [Tag.input(), Tag.frame()]),
    framesOut: countWritten(tasks, [Tag.output(), Tag.frame()]),
    datasetId: dataset,
    objectStore,
    products: objectStore === "fs" ? await productFolders(outputKey, dataset) : [],
    scratch: { folder, exists: existsSync(folder) },
    tasks: tasks.map(taskDocument),
  };
}

function taskDocument({ task, status, attempts, report, error, failedMs, blockedBy }: RecordedTask): TaskDocument {
  const isOver = status === "done" || status === "waiting" || status === "running";
  return {
    task,
    status,
    attempts,
    startedAt: report?.startedAt ?? null,
    elapsedMs: failedMs ?? report?.elapsedMs ?? null,
    filesRead: report?.reads.length ?? 0,
    filesWritten: report?.writes.length ?? 0,
    peakMemoryBytes: report?.peakMemoryBytes ?? null,
    error: isOver ? null : (error ?? null),
    blockedBy,
  };
}

/** Files that the tasks wrote with all these tags, each counted once however often it was written. */
function countWritten(tasks: readonly RecordedTask[], tags: readonly string[]): number {
  const written = tasks.flatMap(({ report }) => report?.writes ?? []);
  return new Set(written.filter((one) => tags.every((tag) => one.tags.includes(tag))).map(({ path }) => path)).size;
}
