import { FirstlightError } from "../core/errors.ts";
import { isTaskClass } from "./task-base.ts";

/**
 * Refuses what cannot be made into an attempt, before anything is opened for it.
 *
 * @throws FirstlightError NOT_A_TASK
 */
export function requireTask(task: unknown): void {
  const problem = problemOf(task);
  if (problem === undefined) return;
  throw new FirstlightError(
    "NOT_A_TASK",
    `runTask takes a class that extends TaskBase, such as ScienceTaskL0ToL1Base, and has a run() of its own; ${problem}.`,
    { disposition: "invalid" },
  );
}

function problemOf(task: unknown): string | undefined {
  if (!isTaskClass(task)) return "this is no such class";
  // Tags, audit and the run store know a task by nothing else.
  if (task.name === "") return "this class has no name";
  return typeof task.prototype.run === "function" ? undefined : `${task.name} is abstract: it has no run()`;
}
