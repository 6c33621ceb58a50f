import { walkDag } from "./dag.ts";
import type { PlannedTask } from "./plan.ts";
import type { RunContext } from "./run-context.ts";
import { type FailedNode, nodeOf, runNode } from "./run-node.ts";
import type { TaskOutcome } from "./run-options.ts";
import { createSlots } from "./slots.ts";

/** Runs every task that the plan says, each after its upstreams, and resolves when nothing more can run. */
export async function runNodes(context: RunContext): Promise<readonly TaskOutcome[]> {
  const { plan, recorder } = context;
  const planned = new Map(plan.tasks.map((task) => [task.task, task]));
  const walk = walkDag(new Map(plan.tasks.map(({ task, after }) => [task, after])));
  const positions = new Map(plan.tasks.map(({ task }, position) => [task, position]));
  const blockersOf = (task: string): readonly string[] =>
    walk.blockedBy(task).toSorted((a, b) => (positions.get(a) ?? 0) - (positions.get(b) ?? 0));
  const slots = createSlots(context.workers);
  const outcomes = new Map<string, TaskOutcome>();

  const recordFailure = async ({ error, change }: FailedNode, task: PlannedTask) => {
    const fresh = walk.fail(task.task).flatMap((name) => planned.get(name) ?? []);
    // Also those that another failure had blocked before: their record names both.
    const blocked = plan.tasks.filter(({ task: name }) => walk.blockedBy(name).includes(task.task));
    await recorder.record(
      {
        attempt: change,
        nodes: [
          nodeOf(task, "failed"),
          ...blocked.map((node) => ({ ...nodeOf(node, "blocked"), blockedBy: blockersOf(node.task) })),
        ],
      },
      { type: "task-failed", task: task.task, attempt: change.attempt, error },
      ...fresh.map((node) => ({ type: "task-blocked", task: node.task, by: blockersOf(node.task) }) as const),
    );
    context.tellFailure(task.task, change.attempt);
    for (const { task: name, attempts } of fresh) outcomes.set(name, { task: name, status: "blocked", attempts });
  };

  const visit = async (task: PlannedTask): Promise<void> => {
    if (task.action === "skip") {
      await recorder.record({}, { type: "task-skipped", task: task.task, why: "unchanged" });
      outcomes.set(task.task, { task: task.task, status: "unchanged", attempts: task.attempts });
      walk.finish(task.task);
      return;
    }
    const end = await runNode(context, task, slots);
    outcomes.set(task.task, end.outcome);
    if (end.kind === "finished") walk.finish(task.task);
    if (end.kind === "failed") await recordFailure(end, task);
  };

  const followReady = async (): Promise<void> => {
    const ready: Promise<void>[] = [];
    for (let name = walk.next(); name !== undefined; name = walk.next()) {
      const task = planned.get(name);
      if (task !== undefined) ready.push(visit(task).catch(context.giveUp).then(followReady));
    }
    await Promise.all(ready);
  };
  await followReady();

  return plan.tasks.map(({ task, attempts }) => {
    const outcome = outcomes.get(task) ?? { task, status: "not-started", attempts };
    return outcome.status === "blocked" ? { ...outcome, blockedBy: blockersOf(task) } : outcome;
  });
}
