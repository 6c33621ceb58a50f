import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
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

test("a change of a file that the task's own file imports changes the code of this task alone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-code-"));
  const codes = async (sigmas: number) => {
    await writeFile(join(folder, "clip.ts"), `export const sigmas = ${sigmas};`);
    const nodes = new Workflow({ inputData: "l0", outputData: "l1", category: "c", version: "1" })
      .add(Clipping)
      .add(Plain)
      .nodes();
    const module = pathToFileURL(join(folder, "clipping.ts")).href;
    const fingerprints = fingerprintsOf(nodes, { ...inputs, module });
    return ["Clipping", "Plain"].map((name) => fingerprints.get(name)?.code);
  };
  class Clipping extends WorkflowTaskBase {
    override async run(): Promise<void> {}
  }
  class Plain extends WorkflowTaskBase {
    override async run(): Promise<void> {}
  }
  try {
    await writeFile(join(folder, "clipping.ts"), 'import "./clip.ts";\nimport "./plain.ts";\nclass Clipping {}');
    await writeFile(join(folder, "plain.ts"), "class Plain {}");
    const [clipping, plain] = await codes(3);
    const [clippingChanged, plainChanged] = await codes(5);
    expect(clippingChanged).not.toBe(clipping);
    expect(plainChanged).toBe(plain);
  } finally {
    await rm(folder, { recursive: true });
  }
});
