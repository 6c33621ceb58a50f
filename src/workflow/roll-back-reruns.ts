import { FirstlightError } from "../core/errors.ts";
import { watchNode } from "./attempt-node.ts";
import type { RunContext } from "./run-context.ts";

/**
 * Undoes what tasks left behind that run again below others that run or run again, the last first: each then finds scratch as
 * its first attempt found it, without what came after it.
 */
export async function rollBackReruns(context: RunContext): Promise<void> {
  const { plan, recorder, stop } = context;
  const willRun = new Set<string>();
  const again = plan.tasks.filter(({ task, after, action, attempts }) => {
    if (action === "run") willRun.add(task);
    // What runs makes all below it run: looking at the nearest upstreams is enough.
    return action === "run" && attempts > 0 && after.some((upstream) => willRun.has(upstream));
  });
  for (const { task, attempts } of again.toReversed()) {
    if (stop.aborted) return;
    const job = { ...context.jobOf(task), attempt: attempts + 1, rollbackOnly: true };
    const end = await context.makeAttempt(job, watchNode(context, task, job.attempt, []));
    if (end.kind === "interrupted") return;
    if (end.kind !== "done") {
      throw new FirstlightError(
        "ROLLBACK_FAILED",
        `What earlier attempts of ${task} left behind cannot be undone, so the run cannot go on: ${end.error.message}`,
        { fields: { task, code: end.error.code } },
      );
    }
    await recorder.record({}, { type: "task-rolled-back", task });
  }
}
