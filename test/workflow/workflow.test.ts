import { describe, expect, test } from "vitest";
import { TaskBase } from "../../src/tasks/task-base.ts";
import { isWorkflow, Workflow } from "../../src/workflow/workflow.ts";

class Load extends TaskBase {
  async run() {}
}
class Reduce extends TaskBase {
  static override readonly retries = 2;
  static override readonly retryDelaySeconds = 5;
  async run() {}
}
class Save extends TaskBase {
  async run() {}
}

const make = (options = {}) => new Workflow({ inputData: "l0", outputData: "l1", category: "eit", ...options });
const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error as { code: string; message: string; disposition: string };
  }
  throw new Error("nothing was thrown");
};

describe("the name", () => {
  test("is made of input, output, category and detail", () => {
    expect(make().name).toBe("l0_to_l1_eit");
    expect(make({ detail: "full-disk" }).name).toBe("l0_to_l1_eit_full-disk");
  });

  test("of 100 characters is the longest allowed", () => {
    const category = "x".repeat(100 - "l0_to_l1_".length);
    expect(make({ category }).name).toHaveLength(100);
    expect(codeOf(() => make({ category: `${category}x` }))).toMatchObject({ code: "WORKFLOW_NAME" });
  });

  test.each([{ category: "e t" }, { category: "é" }, { category: "" }, { detail: "" }, { version: "1/2" }])(
    "refuses %o",
    (options) => {
      expect(codeOf(() => make(options))).toMatchObject({ code: "WORKFLOW_NAME", disposition: "invalid" });
    },
  );
});

test("tags hold version, input, output and category once each", () => {
  expect(make({ version: "1.0.0", tags: ["sun", "l0"] }).tags).toEqual(["sun", "l0", "1.0.0", "l1", "eit"]);
});

test.each([
  { retries: -1 },
  { retries: 1.5 },
  { retryDelaySeconds: Number.NaN },
  { retryDelaySeconds: -1 },
  { queue: "" },
])("a task with %o is refused by name", (options) => {
  const workflow = make()
    .add(Load)
    .add(Save, { after: Load, ...options });
  expect(codeOf(() => workflow.nodes())).toMatchObject({
    code: "WORKFLOW_OPTION",
    disposition: "invalid",
    message: expect.stringMatching(/^In workflow l0_to_l1_eit, Save has .*(whole number|number from 0|leave it out)/),
  });
});

test("nodes carry the class's retries unless the workflow says otherwise", () => {
  const [, reduce, save] = make()
    .add(Load)
    .add(Reduce, { after: Load, queue: "highMemory" })
    .add(Save, { after: [Load, Reduce], retries: 1, retryDelaySeconds: 0 })
    .nodes();
  expect(reduce).toMatchObject({
    name: "Reduce",
    after: ["Load"],
    retries: 2,
    retryDelaySeconds: 5,
    queue: "highMemory",
  });
  expect(save).toMatchObject({ after: ["Load", "Reduce"], retries: 1, retryDelaySeconds: 0, queue: "default" });
});

test("a task may come after one that is added later", () => {
  const nodes = make().add(Save, { after: Reduce }).add(Reduce, { after: Load }).add(Load).nodes();
  expect(nodes.map(({ name }) => name)).toEqual(["Load", "Reduce", "Save"]);
});

test("a cycle is refused with its path", () => {
  const cyclic = make().add(Load, { after: Save }).add(Reduce, { after: Load }).add(Save, { after: Reduce });
  const error = codeOf(() => cyclic.nodes());
  expect(error.code).toBe("WORKFLOW_CYCLE");
  expect(error.message).toContain("Load → Reduce → Save → Load");
});

test("the same class twice, and two classes of one name, are refused in different words", () => {
  const Namesake = {
    Load: class Load extends TaskBase {
      async run() {}
    },
  }.Load;
  const twice = codeOf(() => make().add(Load).add(Load));
  const namesakes = codeOf(() => make().add(Load).add(Namesake));
  expect([twice.code, namesakes.code]).toEqual(["WORKFLOW_DUPLICATE_TASK", "WORKFLOW_DUPLICATE_TASK"]);
  expect(twice.message).toContain("Load twice");
  expect(namesakes.message).toContain("two classes called Load");
});

test("an upstream that is not in the workflow is refused by name", () => {
  const error = codeOf(() => make().add(Save, { after: Reduce }).nodes());
  expect(error.code).toBe("WORKFLOW_UNKNOWN_UPSTREAM");
  expect(error.message).toMatch(/Save comes after Reduce, which is not in the workflow \(it has Save\)/);
});

test("another class that has an upstream's name is not taken for it", () => {
  const Namesake = {
    Load: class Load extends TaskBase {
      async run() {}
    },
  }.Load;
  expect(codeOf(() => make().add(Load).add(Save, { after: Namesake }).nodes()).code).toBe("WORKFLOW_UNKNOWN_UPSTREAM");
});

test.each([
  ["a plain class", class Plain {}],
  [
    "a class without a name",
    (() =>
      class extends TaskBase {
        async run() {}
      })(),
  ],
  ["undefined", undefined],
  ["a task's instance", new Load({ recipeRunId: 1, workflowName: "w", workflowVersion: "1" })],
])("%s is not a task", (_, value) => {
  expect(codeOf(() => make().add(value as never)).code).toBe("WORKFLOW_NOT_A_TASK");
});

test("undefined in 'after' is refused where it is named", () => {
  const error = codeOf(() => make().add(Save, { after: [undefined] as never }));
  expect(error).toMatchObject({ code: "WORKFLOW_NOT_A_TASK" });
  expect(error.message).toContain("'after' of Save");
});

test("a workflow without tasks is refused", () => {
  expect(codeOf(() => make().nodes()).code).toBe("WORKFLOW_EMPTY");
});

test("a workflow is recognised by its brand", () => {
  expect(isWorkflow(make())).toBe(true);
  expect(isWorkflow({ [Symbol.for("firstlight.workflow")]: true })).toBe(true);
  expect([isWorkflow({}), isWorkflow(null), isWorkflow(Workflow)]).toEqual([false, false, false]);
});
