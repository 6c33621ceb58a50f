import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { Codec, Encoder } from "../codecs/codec.ts";
import { decodeWith, encodeWith } from "../codecs/use-codec.ts";
import { openFile } from "../core/file.ts";
import { loadSettings } from "../core/settings.ts";
import { memoryInventory } from "../scratch/drivers/memory.ts";
import type { InventoryDriver } from "../scratch/inventory-driver.ts";
import type { NearestTags } from "../scratch/nearest-tags.ts";
import { openScratch, type Scratch, type TagQuery } from "../scratch/scratch.ts";
import { requireLegalTags } from "../scratch/tag.ts";
import { openServices } from "../services/open-services.ts";
import type { Services } from "../services/services.ts";
import type { AttemptReport } from "../tasks/attempt-report.ts";
import { requireIdentity } from "../tasks/require-identity.ts";
import { type RunTaskOptions, runTask } from "../tasks/run-task.ts";
import type { TaskClass } from "../tasks/task-base.ts";
import type { ReadItem } from "../tasks/workflow-task-base.ts";

export interface TmpRunOptions {
  /** Default 1. */
  readonly recipeRunId?: number;
  /** Settings, as the environment would hold them; nothing is taken from the process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Stand in for the embedded services, which lie in the temporary folder. They stay open. */
  readonly services?: Partial<Services>;
  /** Stands in for the inventory in memory. It stays open, with what the run left in it. */
  readonly inventory?: InventoryDriver;
}

/** How an attempt differs from the next ordinary one. */
export type TmpRunTaskOptions = Partial<
  Omit<RunTaskOptions, "recipeRunId" | "env" | "settings" | "services" | "inventory">
>;

/** A recipe run of its own in a temporary folder, for the test of a task: no server, and nothing left afterwards. */
export interface TmpRun extends AsyncDisposable {
  readonly recipeRunId: number;
  /** The run's scratch. */
  readonly folder: string;
  /** What the tasks work with: to register an input dataset, to look at messages and objects. */
  readonly services: Services;
  /** Puts a file into scratch, as an earlier task would. Resolves to its path relative to `folder`. */
  put<Value>(value: Value, tags: readonly string[], codec: Encoder<Value>, relativePath?: string): Promise<string>;
  setConstant(name: string, value: unknown): Promise<void>;
  /** Runs one attempt; from the second of a task on, the one before is rolled back first. Throws what the task throws. */
  run(task: TaskClass, options?: TmpRunTaskOptions): Promise<AttemptReport>;
  /** What the query finds, decoded, in the order of their names; none is no error. */
  files<Value>(query: TagQuery, codec: Codec<Value, never>): Promise<readonly ReadItem<Value>[]>;
  /** How many files the query finds. */
  count(query: TagQuery): Promise<number>;
  /** For a query that finds nothing: which tag failed, and the nearest tag sets. */
  nearest(query: TagQuery): Promise<NearestTags>;
  /** The tags of a file, sorted. */
  tags(path: string): Promise<readonly string[]>;
  constants(): Promise<ReadonlyMap<string, unknown>>;
}

/**
 * Makes a recipe run for one test: `await using run = await tmpRun()`.
 *
 * @throws FirstlightError RECIPE_RUN_ID_INVALID unless the id is a whole number from 0
 */
export async function tmpRun(options: TmpRunOptions = {}): Promise<TmpRun> {
  const { recipeRunId = 1 } = options;
  requireIdentity({ recipeRunId });
  await using opening = new AsyncDisposableStack();
  const basePath = await mkdtemp(join(tmpdir(), "firstlight-run-"));
  opening.defer(() => rm(basePath, { recursive: true, force: true }));
  const settings = loadSettings({ ...options.env, SCRATCH_BASE_PATH: basePath });
  const inventory = options.inventory ?? opening.use(memoryInventory());
  const services = opening.use(openServices(settings, { given: options.services ?? {} }));
  const scratch = opening.use(await openScratch({ basePath, recipeRunId, taskName: "Given", driver: inventory }));
  const attempts = new Map<string, number>();
  const opened = opening.move();
  return {
    recipeRunId,
    folder: scratch.folder,
    services,
    async put(value, tags, codec, relativePath) {
      requireLegalTags(tags);
      return scratch.write(await encodeWith(codec, value, relativePath ?? "a file"), tags, { relativePath });
    },
    setConstant: (name, value) => scratch.constants.set(name, value),
    run(task, more = {}) {
      const attempt = more.attempt ?? (attempts.get(task.name) ?? 0) + 1;
      attempts.set(task.name, attempt);
      return runTask(task, { ...more, recipeRunId, attempt, settings, inventory, services });
    },
    files: (query, codec) => decoded(scratch, query, codec),
    count: (query) => scratch.count(query),
    nearest: (query) => scratch.nearest(query),
    tags: (path) => scratch.tags(path),
    constants: async () => new Map(await scratch.constants.entries()),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function decoded<Value>(
  scratch: Scratch,
  query: TagQuery,
  codec: Codec<Value, never>,
): Promise<readonly ReadItem<Value>[]> {
  const items: ReadItem<Value>[] = [];
  for (const path of await scratch.find(query)) {
    await using source = await openFile(path);
    items.push({ path, value: await decodeWith(codec, relative(scratch.folder, path), source, { path }) });
  }
  return items;
}
