import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { encodeFrame } from "../../src/fits/frame-file.ts";
import { syntheticFrame } from "../../src/testing/synthetic-frame.ts";
import { livingProcess } from "./living-process.ts";
import type { Kill, Note, Orders, Process } from "./phases.ts";
import { forgetRun, redisEnvironment } from "./redis-state.ts";
import type { RestartableRedis } from "./restartable-redis.ts";

const here = import.meta.dirname;
const bin = join(here, "../../src/cli/bin.ts");
const workflowFile = join(here, "workflow.ts");
const preload = pathToFileURL(join(here, "sabotage.ts")).href;

export type WorkflowName = "kept" | "torn";

export interface Launch {
  readonly workflow: WorkflowName;
  /** How often the runner itself makes an attempt again. */
  readonly retries: number;
  readonly kills?: readonly Kill[];
  readonly recipeRunId?: number;
  readonly host?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface LaunchEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** A runner that was started. */
export interface Launched {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  readonly end: Promise<LaunchEnd>;
}

/** A place where runs start from: the same frames, empty scratch, empty output. Its paths stay the same from run to run. */
export interface Berth {
  readonly root: string;
  readonly output: string;
  readonly scratch: string;
  /** What has the inventory, where that is no file. */
  readonly redis: RestartableRedis | undefined;
  /** Removes all but the frames. */
  clear(): Promise<void>;
  /** `firstlight run`, watched by `sabotage.ts`. */
  launch(launch: Launch): Launched;
  notes(): readonly Note[];
  /** Processes of earlier launches that live. */
  living(): readonly Process[];
}

export async function makeBerth(root: string, redis?: RestartableRedis): Promise<Berth> {
  const [input, output, scratch, log] = ["in", "out", "scratch", "log"].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  await mkdir(input, { recursive: true });
  for (const index of [0, 1, 2]) {
    const frame = syntheticFrame({
      shape: [4, 4],
      pixels: (row, column) => 1000 * index + 10 * row + column,
      cards: { "DATE-BEG": [`2024-05-01T12:00:0${index}.000`, "begin of the exposure, UTC"] },
    });
    await writeFile(join(input, `frame${index}.fits`), encodeFrame(frame));
  }
  const notes = (): readonly Note[] =>
    existsSync(log)
      ? readFileSync(log, "utf8")
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line) as Note)
      : [];
  return {
    root,
    output,
    scratch,
    redis,
    notes,
    async clear() {
      if (redis !== undefined) await forgetRun(redis.url, 1);
      for (const folder of [output, scratch]) {
        await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
      }
      await rm(log, { force: true });
    },
    launch({ workflow, retries, kills = [], recipeRunId = 1, host, env = {} }) {
      const orders: Orders = {
        ...{ log, output, scratch, kills },
        ...(redis === undefined ? {} : { redisPidFile: redis.pidFile }),
        ...(host === undefined ? {} : { host }),
      };
      const { PATH = "", HOME = "" } = process.env;
      const child = spawn(
        process.execPath,
        [
          "--conditions=firstlight-source",
          bin,
          "run",
          workflowFile,
          ...["--workflow", workflow, "--input", input, "--output", output, "--scratch", scratch],
          ...["--recipe-run", String(recipeRunId), "--workers", "2"],
        ],
        {
          env: {
            PATH,
            HOME,
            SOURCE_DATE_EPOCH: "1714564800",
            NODE_OPTIONS: `--import=${preload}`,
            NODE_COMPILE_CACHE: join(root, "..", "compile-cache"),
            CHAOS: JSON.stringify(orders),
            CHAOS_RETRIES: String(retries),
            ...(redis === undefined ? {} : redisEnvironment(redis.url)),
            ...env,
          },
          stdio: ["ignore", "ignore", "pipe"],
        },
      );
      let stderr = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
      });
      const end = once(child, "close").then(([code, signal]): LaunchEnd => ({ code, signal, stderr }));
      return { pid: child.pid ?? 0, kill: (signal) => void child.kill(signal), end };
    },
    living: () =>
      notes()
        .filter((note) => note.type === "process")
        .filter(({ pid, started }) => livingProcess(pid) === started),
  };
}
