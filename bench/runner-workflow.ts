/** A chain of tasks that do nothing, each in a process of its own: what is left is the runner's part. */
import { type TaskClass, Workflow, WorkflowTaskBase } from "firstlight";

export const chainLength = 10;

/** A class of its own for each: a workflow knows its tasks by their names. */
export function emptyTask(name: string): TaskClass {
  const task = class extends WorkflowTaskBase {
    async run(): Promise<void> {}
  };
  Object.defineProperty(task, "name", { value: name });
  return task;
}

const tasks = Array.from({ length: chainLength }, (_, i) => emptyTask(`Empty${i}`));

export const workflow = new Workflow({ inputData: "l0", outputData: "l1", category: "bench", version: "1.0.0" });
for (const [i, task] of tasks.entries()) workflow.add(task, { after: tasks.slice(Math.max(0, i - 1), i) });
