import { clockFrom } from "../core/clock.ts";
import { createLogger } from "../core/log.ts";
import { loadSettings } from "../core/settings.ts";
import { runTask } from "../tasks/run-task.ts";
import type { TaskClass } from "../tasks/task-base.ts";
import { attemptErrorOf } from "./attempt-error.ts";
import type { MakeAttempt } from "./attempt-job.ts";
import { throttle } from "./throttle.ts";

/** At most five a second: enough for an eye, and cheap. */
const progressIntervalMs = 200;

/** Makes an attempt in the process that this runs in: a debugger's, a test's, or the one that was forked for it. */
export const makeAttemptInProcess: MakeAttempt = async (job, watch) => {
  const progress = throttle(progressIntervalMs, watch.onProgress);
  const write = (lines: string): void => {
    for (const line of lines.trimEnd().split("\n")) watch.onLine("stderr", line);
  };
  try {
    watch.signal.throwIfAborted();
    await watch.onStart(process.pid);
    watch.signal.throwIfAborted();
    const settings = loadSettings(job.env);
    const report = await runTask(job.rollbackOnly ? withoutRun(job.node.task) : job.node.task, {
      recipeRunId: job.recipeRunId,
      workflowName: job.workflowName,
      workflowVersion: job.workflowVersion,
      attempt: job.attempt,
      skipBadFrames: job.skipBadFrames,
      settings,
      signal: watch.signal,
      onProgress: progress.push,
      log: createLogger({ level: settings.loguruLevel, pretty: false, write }),
      clock: job.clock ?? clockFrom(settings),
      threads: job.threads,
      ...(job.inventory === undefined ? {} : { inventory: job.inventory }),
    });
    return { kind: "done", report };
  } catch (error) {
    if (watch.signal.aborted) return { kind: "interrupted" };
    // Always in the record of the attempt; who shows the log to people can tell it by its level.
    const log = createLogger({ level: "DEBUG", pretty: false, write });
    for (const line of traceOf(error)) log.debug(line);
    return { kind: "failed", error: attemptErrorOf(error) };
  } finally {
    progress.flush();
  }
};

/** The class with its rollback alone: `runTask` stays the one way in which a task's code is run. */
function withoutRun(task: TaskClass): TaskClass {
  const only = class extends task {
    override async preRun(): Promise<void> {}
    override async run(): Promise<void> {}
    override async postRun(): Promise<void> {}
  };
  Object.defineProperty(only, "name", { value: task.name });
  return only;
}

/** The stack of an error and of its causes. */
function traceOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [String(error)];
  const stack = (error.stack ?? error.message).split("\n");
  return error.cause === undefined ? stack : [...stack, "caused by:", ...traceOf(error.cause)];
}
