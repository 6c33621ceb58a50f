import { afterEach, beforeEach, expect, test } from "vitest";
import { text } from "../../src/codecs/text.ts";
import type { TaskClass } from "../../src/tasks/task-base.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import type { RunOptions } from "../../src/workflow/run-options.ts";
import { runWorkflow } from "../../src/workflow/run-workflow.ts";
import { Workflow } from "../../src/workflow/workflow.ts";
import { makeRunnerFolder, type RunnerFolder } from "./runner-folder.ts";

// What one task leaves in scratch and another finds there.
let folder: RunnerFolder;
let found: (readonly string[])[];
beforeEach(async () => {
  folder = await makeRunnerFolder();
  found = [];
});
afterEach(() => folder.remove());

class Write extends WorkflowTaskBase {
  async run(): Promise<void> {
    await this.write("hello", ["WORD"], text, { relativePath: "word.txt" });
  }
}
class Read extends WorkflowTaskBase {
  async run(): Promise<void> {
    found.push(await Array.fromAsync(this.read("WORD", text), ({ value }) => value));
  }
}

const chain = (...tasks: readonly TaskClass[]) =>
  tasks.reduce(
    (flow, task, i) => flow.add(task as typeof Write, i === 0 ? {} : { after: tasks[i - 1]! }),
    new Workflow({ inputData: "l0", outputData: "l1", category: "chain", version: "1" }),
  );
const run = (workflow: Workflow, more: Partial<RunOptions> = {}) =>
  runWorkflow(workflow, folder.options({ inProcess: true, ...more }));

test("tasks that run in one process share a memory inventory", async () => {
  folder.env.INVENTORY_DRIVER = "memory";
  expect((await run(chain(Write, Read))).status).toBe("done");
  expect(found).toEqual([["hello"]]);
});
