import { setTimeout as sleep } from "node:timers/promises";
import { attemptNode, type MadeAttempt } from "./attempt-node.ts";
import type { PlannedTask } from "./plan.ts";
import type { RunContext } from "./run-context.ts";
import type { AttemptError } from "./run-event.ts";
import type { TaskOutcome } from "./run-options.ts";
import type { AttemptChange, NodeRecord, NodeStatus } from "./run-store.ts";
import type { Slots } from "./slots.ts";

/** `failed` is not recorded yet: with it belongs what it blocks. */
export type NodeEnd = { readonly kind: "finished" | "stopped"; readonly outcome: TaskOutcome } | FailedNode;

export interface FailedNode {
  readonly kind: "failed";
  readonly outcome: TaskOutcome;
  readonly error: AttemptError;
  readonly change: AttemptChange;
}

/** Makes attempts of one task until one succeeds or no more may be made. Its slot is free while it waits for a retry. */
export async function runNode(context: RunContext, task: PlannedTask, slots: Slots): Promise<NodeEnd> {
  const { recorder, stop } = context;
  let outcome: TaskOutcome = { task: task.task, status: "not-started", attempts: task.attempts };
  for (let tries = 1; ; tries += 1) {
    const made = await attemptInSlot(context, task, slots);
    if (made === undefined) return { kind: "stopped", outcome };
    const { attempt, end, output } = made;
    const named = { task: task.task, attempt: attempt.attempt };
    outcome = { task: task.task, status: "interrupted", attempts: attempt.attempt };
    if (end.kind === "done") {
      const { report } = end;
      await recorder.record(
        { attempt: { ...named, state: "done", report, output }, nodes: [nodeOf(task, "done")] },
        { type: "task-finished", ...named, report },
      );
      return { kind: "finished", outcome: { ...outcome, status: "done", report } };
    }
    if (end.kind === "interrupted") {
      await recorder.record(
        { attempt: { ...named, state: "interrupted", output }, nodes: [nodeOf(task, "interrupted")] },
        { type: "task-interrupted", ...named },
      );
      return { kind: "stopped", outcome };
    }
    const { error } = end;
    outcome = { ...outcome, error };
    if (error.disposition === "skip") {
      await recorder.record(
        { attempt: { ...named, state: "skipped", error, output }, nodes: [nodeOf(task, "skipped")] },
        { type: "task-skipped", task: task.task, why: "left-out", error },
      );
      return { kind: "finished", outcome: { ...outcome, status: "skipped" } };
    }
    if (error.disposition !== "retry" || tries > task.retries) {
      const change = { ...named, state: end.kind, error, output };
      return { kind: "failed", outcome: { ...outcome, status: "failed" }, error, change };
    }
    const willRetryInMs = task.retryDelaySeconds * 1000;
    await recorder.record(
      { attempt: { ...named, state: end.kind, error, output }, nodes: [nodeOf(task, "waiting")] },
      { type: "task-failed", ...named, error, willRetryInMs },
    );
    // An abort is seen by the next round, before it makes an attempt.
    await sleep(willRetryInMs, undefined, { signal: stop }).catch(() => undefined);
  }
}

export function nodeOf(task: PlannedTask, status: NodeStatus): Omit<NodeRecord, "updatedAt"> {
  return { task: task.task, status, fingerprint: task.fingerprint, blockedBy: [] };
}

async function attemptInSlot(context: RunContext, task: PlannedTask, slots: Slots): Promise<MadeAttempt | undefined> {
  const free = await slots.take();
  try {
    return context.stop.aborted ? undefined : await attemptNode(context, task);
  } finally {
    free();
  }
}
