import { workflow as eit } from "../../examples/eit/workflow.ts";
import { Workflow } from "../../src/workflow/workflow.ts";

/** The EIT pipeline for an archive with holes: it leaves out frames that are damaged, and says so. */
export const workflow = new Workflow({
  inputData: "l0",
  outputData: "l1",
  category: "eit",
  version: "1.0.0",
  skipBadFrames: true,
});

const tasks = new Map(eit.nodes().map(({ name, task }) => [name, task]));
for (const { task, after } of eit.nodes()) workflow.add(task, { after: after.map((name) => tasks.get(name)!) });
