import { type SpanStatus, SpanStatusCode } from "@opentelemetry/api";
import { withSpan } from "../core/telemetry.ts";
import type { AttemptEnd, AttemptWatch } from "./attempt-job.ts";
import type { PlannedTask } from "./plan.ts";
import { identifyProcess } from "./process-identity.ts";
import type { RunContext } from "./run-context.ts";
import type { AttemptRecord } from "./run-store.ts";

/** An attempt that has ended and is not recorded as such yet. */
export interface MadeAttempt {
  readonly attempt: AttemptRecord;
  readonly end: AttemptEnd;
  /** The last lines that it printed. */
  readonly output: readonly string[];
}

const keptLines = 200;
const keptCharacters = 2000;

/** Makes the next attempt of a task, with a record from before it starts. */
export async function attemptNode(context: RunContext, { task, fingerprint }: PlannedTask): Promise<MadeAttempt> {
  const { recorder, lease } = context;
  const attempt = await lease.startAttempt({ task, fingerprint });
  const output: string[] = [];
  const tellers = watchNode(context, task, attempt.attempt, output);
  const attributes = { ...context.telemetry, "task.name": task, "task.attempt": attempt.attempt };
  // The runner's own span tells of an attempt even where its process can tell nothing any more.
  const end = await withSpan(
    "Attempt",
    attributes,
    () =>
      context.makeAttempt(
        { ...context.jobOf(task), attempt: attempt.attempt, rollbackOnly: false },
        {
          ...tellers,
          onStart: async (pid) => {
            const process = context.ownProcesses ? { process: identifyProcess(pid) } : {};
            await recorder
              .record(
                { attempt: { task, attempt: attempt.attempt, state: "running", ...process } },
                { type: "task-started", task, attempt: attempt.attempt, pid },
              )
              .catch(context.giveUp);
          },
        },
      ),
    { statusOf },
  );
  return { attempt, end, output };
}

/** Tells progress and lines of an attempt, keeps its last lines in `output`, and ends it with the run. */
export function watchNode(context: RunContext, task: string, attempt: number, output: string[]): AttemptWatch {
  return {
    onStart: () => Promise.resolve(),
    onProgress: (state) => context.recorder.announce({ type: "task-progress", task, attempt, ...state }),
    onLine: (stream, line) => {
      output.push(line.slice(0, keptCharacters));
      if (output.length > keptLines) output.shift();
      context.recorder.announce({ type: "task-log", task, attempt, stream, line });
    },
    signal: context.stop,
    killSignal: context.kill,
    graceMs: context.graceMs,
  };
}

function statusOf(end: AttemptEnd): SpanStatus {
  if (end.kind === "done") return { code: SpanStatusCode.OK };
  if (end.kind === "interrupted") return { code: SpanStatusCode.ERROR, message: "interrupted" };
  return { code: SpanStatusCode.ERROR, message: `${end.error.code}: ${end.error.message}` };
}
