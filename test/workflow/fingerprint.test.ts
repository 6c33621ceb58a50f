import { expect, test } from "vitest";
import type { TaskClass } from "../../src/tasks/task-base.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { fingerprintsOf } from "../../src/workflow/fingerprint.ts";
import { Workflow } from "../../src/workflow/workflow.ts";

const inputs = { workflow: "w", version: "1", inputDigest: "i", parametersDigest: "p" };

/** The code's digest of a task whose own text is always the same. */
function codeOver(base: TaskClass): string | undefined {
  class Task extends base {
    override async run(): Promise<void> {}
  }
  const workflow = new Workflow({ inputData: "l0", outputData: "l1", category: "c", version: "1" }).add(Task);
  return fingerprintsOf(workflow.nodes(), inputs).get("Task")?.code;
}

test("a change of a class that the task extends changes the code", () => {
  const first = class Base extends WorkflowTaskBase {
    override async run(): Promise<void> {
      this.log.info("1");
    }
  };
  const second = class Base extends WorkflowTaskBase {
    override async run(): Promise<void> {
      this.log.info("2");
    }
  };
  const [above, aboveChanged] = [first, second].map((base) => class Between extends base {});
  expect(codeOver(first)).not.toBe(codeOver(second));
  expect(codeOver(above!)).not.toBe(codeOver(aboveChanged!));
  expect(codeOver(first)).toBe(codeOver(first));
});
