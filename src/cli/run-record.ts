import { existsSync } from "node:fs";
import { FirstlightError } from "../core/errors.ts";
import type { AttemptReport } from "../tasks/attempt-report.ts";
import type { AttemptError } from "../workflow/run-event.ts";
import type {
  AttemptRecord,
  AttemptState,
  NodeRecord,
  NodeStatus,
  RunRecord,
  RunStore,
} from "../workflow/run-store.ts";
import { openSqliteRunStore, runStorePath } from "../workflow/sqlite-run-store.ts";

/** A task of a run, as the record has it. */
export interface RecordedTask {
  readonly task: string;
  readonly status: NodeStatus;
  readonly attempts: number;
  /** Of its last attempt that was done. */
  readonly report: AttemptReport | undefined;
  /** Of its last attempt, where that one was not done. */
  readonly error: AttemptError | undefined;
  /** How long its last attempt ran, where that one failed: as the runner saw it, with the start of its process. */
  readonly failedMs: number | undefined;
  readonly blockedBy: readonly string[];
  readonly updatedAt: string;
}

/** One recipe run, read whole from the record. */
export interface RecordedRun {
  readonly run: RunRecord;
  readonly tasks: readonly RecordedTask[];
  readonly attempts: readonly AttemptRecord[];
}

/** Opens the record of runs for reading; undefined where nothing was ever run. */
async function openRecord(scratchBasePath: string): Promise<RunStore | undefined> {
  const path = runStorePath(scratchBasePath);
  return existsSync(path) ? await openSqliteRunStore(path) : undefined;
}

/** Throws `RUN_NOT_FOUND`. */
export async function readRun(scratchBasePath: string, recipeRunId: number): Promise<RecordedRun> {
  await using store = await openRecord(scratchBasePath);
  const run = await store?.run(recipeRunId);
  if (store === undefined || run === undefined) {
    throw new FirstlightError(
      "RUN_NOT_FOUND",
      `There is no recipe run ${recipeRunId} in ${runStorePath(scratchBasePath)}. 'firstlight inspect' lists the runs; --scratch DIR or SCRATCH_BASE_PATH names another record.`,
      { disposition: "invalid", fields: { recipeRunId, scratchBasePath } },
    );
  }
  const attempts = await store.attempts(recipeRunId);
  const tasks = (await store.nodes(recipeRunId)).map((node) => taskOf(node, attempts));
  const settled = await settle(store, run);
  const isOrphaned = settled.status !== run.status;
  return {
    run: settled,
    tasks: isOrphaned
      ? tasks.map((task) => (task.status === "running" ? { ...task, status: "interrupted" } : task))
      : tasks,
    attempts,
  };
}

/** All runs, newest first. */
export async function readRuns(scratchBasePath: string): Promise<readonly RunRecord[]> {
  await using store = await openRecord(scratchBasePath);
  const runs: RunRecord[] = [];
  if (store !== undefined) for (const run of await store.runs()) runs.push(await settle(store, run));
  return runs;
}

/** A runner that was killed has left its run as running. */
async function settle(store: RunStore, run: RunRecord): Promise<RunRecord> {
  const isOrphaned = run.status === "running" && (await store.runner(run.recipeRunId)) === undefined;
  return isOrphaned ? { ...run, status: "interrupted" } : run;
}

function taskOf({ task, status, blockedBy, updatedAt }: NodeRecord, all: readonly AttemptRecord[]): RecordedTask {
  const attempts = all.filter((attempt) => attempt.task === task);
  const last = attempts.at(-1);
  return {
    task,
    status,
    attempts: last?.attempt ?? 0,
    report: attempts.findLast(({ state }) => state === "done")?.report,
    error: last?.error,
    failedMs: last !== undefined && failures.has(last.state) ? elapsedMsOf(last) : undefined,
    blockedBy,
    updatedAt,
  };
}

const failures: ReadonlySet<AttemptState> = new Set(["failed", "crashed"]);

function elapsedMsOf({ states }: AttemptRecord): number | undefined {
  const [first, last] = [states[0], states.at(-1)];
  return first === undefined || last === undefined ? undefined : Date.parse(last.at) - Date.parse(first.at);
}
