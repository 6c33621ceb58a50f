import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Codec, Encoder } from "../codecs/codec.ts";
import { openFile } from "../core/file.ts";
import { memoryInventory } from "../scratch/drivers/memory.ts";
import { openScratch, type TagQuery } from "../scratch/scratch.ts";
import type { Services } from "../services/services.ts";
import type { AttemptReport } from "../tasks/attempt-report.ts";
import { runTask } from "../tasks/run-task.ts";
import type { TaskClass } from "../tasks/task-base.ts";
import type { ReadItem } from "../tasks/workflow-task-base.ts";

export interface TmpRunOptions {
  /** Default 1. */
  readonly recipeRunId?: number;
  /** Settings, as the environment would hold them. */
  readonly env?: Readonly<Record<string, string>>;
  readonly services?: Partial<Services>;
}

/** A recipe run of its own in a temporary folder, for the test of a task: no server, and nothing left afterwards. */
export interface TmpRun extends AsyncDisposable {
  readonly recipeRunId: number;
  /** The run's scratch. */
  readonly folder: string;
  /** Puts a file into scratch, as an earlier task would. */
  put<Value>(value: Value, tags: readonly string[], codec: Encoder<Value>, relativePath?: string): Promise<string>;
  setConstant(name: string, value: unknown): Promise<void>;
  /** Runs one attempt; from the second of a task on, the one before is rolled back first. */
  run(task: TaskClass): Promise<AttemptReport>;
  /** What carries these tags, decoded. */
  files<Value>(query: TagQuery, codec: Codec<Value, never>): Promise<readonly ReadItem<Value>[]>;
  constants(): Promise<ReadonlyMap<string, unknown>>;
}

export async function tmpRun(options: TmpRunOptions = {}): Promise<TmpRun> {
  const { recipeRunId = 1 } = options;
  const basePath = await mkdtemp(join(tmpdir(), "firstlight-run-"));
  const inventory = memoryInventory();
  const scratch = await openScratch({ basePath, recipeRunId, taskName: "Given", driver: inventory });
  const attempts = new Map<string, number>();
  return {
    recipeRunId,
    folder: scratch.folder,
    put: async (value, tags, codec, relativePath) => scratch.write(await codec.encode(value), tags, { relativePath }),
    setConstant: (name, value) => scratch.constants.set(name, value),
    async run(task) {
      const attempt = (attempts.get(task.name) ?? 0) + 1;
      attempts.set(task.name, attempt);
      const env = { ...options.env, SCRATCH_BASE_PATH: basePath };
      return runTask(task, { recipeRunId, attempt, env, inventory, services: options.services ?? {} });
    },
    async files(query, codec) {
      const items = [];
      for (const path of await scratch.find(query)) {
        await using source = await openFile(path);
        items.push({ path, value: await codec.decode(source, { path }) });
      }
      return items;
    },
    constants: async () => new Map(await scratch.constants.entries()),
    async [Symbol.asyncDispose]() {
      await scratch[Symbol.asyncDispose]();
      await inventory[Symbol.asyncDispose]();
      await rm(basePath, { recursive: true, force: true });
    },
  };
}
