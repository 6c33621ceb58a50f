import { existsSync } from "node:fs";
import { FirstlightError } from "../core/errors.ts";
import type { AttemptReport } from "../tasks/attempt-report.ts";
import type { AttemptError } from "../workflow/run-event.ts";
import type { AttemptRecord, NodeRecord, NodeStatus, RunRecord, RunStore } from "../workflow/run-store.ts";
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
export async function openRecord(scratchBasePath: string): Promise<RunStore | undefined> {
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
  return { run, tasks: (await store.nodes(recipeRunId)).map((node) => taskOf(node, attempts)), attempts };
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
    blockedBy,
    updatedAt,
  };
}
