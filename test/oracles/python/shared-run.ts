import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { redisInventory } from "../../../src/scratch/drivers/redis.ts";
import { openScratch, type Scratch } from "../../../src/scratch/scratch.ts";
import type { AttemptReport } from "../../../src/tasks/attempt-report.ts";
import { runTask } from "../../../src/tasks/run-task.ts";
import type { TaskClass } from "../../../src/tasks/task-base.ts";
import { freshRunId } from "../../scratch/each-inventory.ts";
import { runPython } from "./python-oracle.ts";

/** What Python tells of a run: paths relative to scratch, the texts of constants as they are stored. */
export interface SeenByPython {
  readonly tags: Readonly<Record<string, readonly string[]>>;
  readonly tagsOfFiles: Readonly<Record<string, readonly string[]>>;
  /** By file name. */
  readonly texts: Readonly<Record<string, string>>;
  readonly constants: Readonly<Record<string, string>>;
  /** As `repr` shows the constants. */
  readonly values: Readonly<Record<string, string>>;
  /** As `json.dumps` spells the constants again. */
  readonly dumped: Readonly<Record<string, string>>;
  /** By task. */
  readonly written: Readonly<Record<string, readonly string[]>>;
  readonly tagged: Readonly<Record<string, readonly string[]>>;
  readonly set: Readonly<Record<string, readonly string[]>>;
  readonly counters: Readonly<Record<string, number>>;
  /** Keys of the run that no pattern of Python's finds. */
  readonly unmatched: readonly string[];
}

/** All that is stored of a run, without what tells one run from another: names of keys → what they hold; paths of files. */
export interface Stored {
  readonly keys: Readonly<Record<string, string | readonly string[]>>;
  readonly files: readonly string[];
}

/** A recipe run on which Python and firstlight work, on one Redis and in one folder. Removed after the test. */
export interface SharedRun {
  readonly recipeRunId: number;
  readonly folder: string;
  python(verb: string, ...args: readonly string[]): Promise<unknown>;
  seenByPython(): Promise<SeenByPython>;
  /** By the settings alone, as the command does. */
  run(task: TaskClass, attempt?: number): Promise<AttemptReport>;
  open(taskName: string): Promise<Scratch>;
  stored(): Promise<Stored>;
}

const dbCount = 16;

export async function sharedRun(url: string, recipeRunId = freshRunId()): Promise<SharedRun> {
  const basePath = await mkdtemp(join(tmpdir(), "firstlight-python-"));
  const { hostname: host, port } = new URL(url);
  const redis = new Redis(`${url}/${recipeRunId % (dbCount - 1)}`);
  const driver = redisInventory({ host, port: Number(port), recipeRunId, dbCount, clientName: "oracle" });
  const keysOfRun = () => redis.keys(`${recipeRunId}:*`);
  onTestFinished(async () => {
    const keys = await keysOfRun();
    if (keys.length > 0) await redis.del(...keys);
    redis.disconnect();
    await driver[Symbol.asyncDispose]();
    await rm(basePath, { recursive: true, force: true });
  });
  const folder = join(basePath, String(recipeRunId));
  const env = {
    SCRATCH_BASE_PATH: basePath,
    INVENTORY_DRIVER: "redis",
    SCRATCH_INVENTORY_DB_COUNT: String(dbCount),
    MESH_CONFIG: JSON.stringify({
      "automated-processing-scratch-inventory": { mesh_address: host, mesh_port: Number(port) },
    }),
  };
  const python = (verb: string, ...args: readonly string[]) =>
    runPython("recipe-run.py", [url, basePath, String(recipeRunId), verb, ...args]);
  const held = async (key: string): Promise<string | readonly string[]> => {
    const type = await redis.type(key);
    if (type === "string") return (await redis.get(key)) ?? "";
    if (type === "hash")
      return Object.entries(await redis.hgetall(key))
        .map((each) => each.join("\n"))
        .toSorted();
    return (await redis.smembers(key)).map((member) => member.replaceAll(folder, "")).toSorted();
  };
  return {
    recipeRunId,
    folder,
    python,
    seenByPython: async () => (await python("read-run")) as SeenByPython,
    run: (task, attempt = 1) => runTask(task, { recipeRunId, attempt, env }),
    open: (taskName) => openScratch({ basePath, recipeRunId, taskName, driver }),
    async stored() {
      const keys = (await keysOfRun()).toSorted();
      const entries = await Promise.all(
        keys.map(async (key) => [key.slice(`${recipeRunId}:`.length), await held(key)] as const),
      );
      const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
      const files = found.filter((entry) => entry.isFile());
      return {
        keys: Object.fromEntries(entries),
        files: files.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort(),
      };
    },
  };
}

/** Without what is firstlight's own and in no layout of Python's. */
export function withoutOwnKeys({ keys, files }: Stored): Stored {
  return {
    keys: Object.fromEntries(Object.entries(keys).filter(([key]) => !key.startsWith("firstlight_"))),
    files: files.filter((path) => !path.startsWith(".firstlight/")),
  };
}
