import { expect, test } from "vitest";
import { z } from "zod";
import { untakenParameters } from "../../src/cli/untaken-parameters.ts";
import { formatParameters } from "../../src/services/input-dataset.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { Workflow } from "../../src/workflow/workflow.ts";

class Takes extends WorkflowTaskBase {
  static readonly parameters: z.ZodType = z.object({ sigma: z.number().default(3) });
  async run() {}
}
class TakesNone extends WorkflowTaskBase {
  async run() {}
}
class TakesAll extends WorkflowTaskBase {
  static readonly parameters = z.looseObject({});
  async run() {}
}

const nodes = (...tasks: readonly (typeof TakesNone)[]) => {
  const workflow = new Workflow({ inputData: "a", outputData: "b", category: "c" });
  for (const task of tasks) workflow.add(task);
  return workflow.nodes();
};
const named = (...names: readonly string[]) => ({
  digest: "",
  document: formatParameters(
    names.map((parameterName) => ({
      parameterName,
      parameterValues: [{ parameterValueId: 1, parameterValue: 1, parameterValueStartDate: new Date(0) }],
    })),
  ),
});

test("a parameter that no task takes is told, with the one that was meant", () => {
  expect(untakenParameters(nodes(Takes, TakesNone), named("sigma", "simga", "threshold"))).toEqual([
    "No task of the workflow takes the parameter 'simga'; did you mean 'sigma'?",
    "No task of the workflow takes the parameter 'threshold'",
  ]);
});

test("where a task takes any parameter, or no file is given, nothing is told", () => {
  expect(untakenParameters(nodes(Takes, TakesAll), named("simga"))).toEqual([]);
  expect(untakenParameters(nodes(Takes), undefined)).toEqual([]);
});
