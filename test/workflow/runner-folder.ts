import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "../../src/workflow/run-event.ts";
import type { RunOptions } from "../../src/workflow/run-options.ts";
import { openSqliteRunStore, runStorePath } from "../../src/workflow/sqlite-run-store.ts";
import { childEnvironment } from "../fixtures/child-environment.ts";
import type { Act } from "../fixtures/workflows/scripted-task.ts";

/** The folder of scripted tasks, with scratch in it. */
export type RunnerFolder = Awaited<ReturnType<typeof makeRunnerFolder>>;

export async function makeRunnerFolder() {
  const path = await mkdtemp(join(tmpdir(), "firstlight-runner-"));
  const env: Record<string, string> = {
    ...childEnvironment(),
    SCRATCH_BASE_PATH: join(path, "scratch"),
    RUNNER_FIXTURE: path,
  };
  const events: RunEvent[] = [];
  const journalPath = join(path, "journal");
  const journal = async (): Promise<string[]> =>
    existsSync(journalPath) ? (await readFile(journalPath, "utf8")).trimEnd().split("\n") : [];
  return {
    path,
    env,
    events,
    journal,
    scratch: env.SCRATCH_BASE_PATH as string,
    options: (more: Partial<RunOptions> = {}): RunOptions => ({
      inputKey: "in",
      outputKey: "out",
      inputDigest: "digest",
      workers: 2,
      env,
      onEvent: (event) => events.push(event),
      ...more,
    }),
    script: (acts: Record<string, readonly Act[]>) => writeFile(join(path, "script.json"), JSON.stringify(acts)),
    clearJournal: () => rm(journalPath, { force: true }),
    /** Lets tasks that hold go on. */
    release: () => appendFile(join(path, "release"), ""),
    /** The pid of an attempt such as `Dark 1`, once it has started. */
    pidOf: (attempt: string) =>
      eventually(async () => {
        const line = (await journal()).find((each) => each.startsWith(`${attempt} start `));
        return line === undefined ? undefined : Number(line.split(" ").at(-1));
      }),
    eventsOf: <Type extends RunEvent["type"]>(type: Type) =>
      events.filter((event): event is Extract<RunEvent, { type: Type }> => event.type === type),
    openStore: () => openSqliteRunStore(runStorePath(join(path, "scratch"))),
    remove: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  };
}

/** What `find` finds, as soon as it finds anything; the test's own limit ends the waiting. */
export async function eventually<Value>(find: () => Promise<Value | undefined> | Value | undefined): Promise<Value> {
  for (;;) {
    const value = await find();
    if (value !== undefined) return value;
    await sleep(20);
  }
}

export const statuses = (tasks: readonly { readonly task: string; readonly status: string }[]) =>
  Object.fromEntries(tasks.map(({ task, status }) => [task, status]));
