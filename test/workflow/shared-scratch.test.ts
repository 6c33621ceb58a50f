import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { text } from "../../src/codecs/text.ts";
import { FirstlightError } from "../../src/core/errors.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { raiseFence } from "../../src/scratch/fence.ts";
import { openInventory } from "../../src/scratch/open-inventory.ts";
import { Teardown } from "../../src/tasks/stock/teardown.ts";
import type { TaskClass } from "../../src/tasks/task-base.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { planWorkflow } from "../../src/workflow/plan-workflow.ts";
import type { RunOptions } from "../../src/workflow/run-options.ts";
import { runWorkflow } from "../../src/workflow/run-workflow.ts";
import { Workflow } from "../../src/workflow/workflow.ts";
import { describeWithRedis } from "../servers/with-server.ts";
import { makeRunnerFolder, type RunnerFolder, statuses } from "./runner-folder.ts";

// What one task leaves in scratch and another finds there.
let folder: RunnerFolder;
let found: (readonly string[])[];
let isBroken: boolean;
beforeEach(async () => {
  folder = await makeRunnerFolder();
  found = [];
  isBroken = false;
});
afterEach(() => folder.remove());

class Write extends WorkflowTaskBase {
  async run(): Promise<void> {
    await this.write("hello", ["WORD"], text, { relativePath: "word.txt" });
  }
}
class Read extends WorkflowTaskBase {
  async run(): Promise<void> {
    if (isBroken) throw new FirstlightError("SCRIPTED", "broken", { disposition: "fatal" });
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

test("a run with a memory inventory that goes on in another process begins anew", async () => {
  folder.env.INVENTORY_DRIVER = "memory";
  isBroken = true;
  expect((await run(chain(Write, Read))).status).toBe("failed");
  isBroken = false;
  expect(await run(chain(Write, Read))).toMatchObject({ recipeRunId: 1, status: "done", resumed: true });
  expect(found).toEqual([["hello"]]);
});

describe("a run that goes on without the inventory that knows its files", () => {
  const failOnce = async (): Promise<void> => {
    isBroken = true;
    expect((await run(chain(Write, Read))).status).toBe("failed");
    isBroken = false;
  };

  test("does every task again when the inventory's file was removed, and says so in the plan", async () => {
    await failOnce();
    await rm(join(folder.scratch, ".firstlight", "inventory"), { recursive: true });
    const { tasks } = await planWorkflow(chain(Write, Read), folder.options({ inProcess: true }));
    expect(tasks[0]).toMatchObject({ task: "Write", action: "run", reasons: [{ kind: "scratch-removed" }] });
    expect(await run(chain(Write, Read))).toMatchObject({ recipeRunId: 1, status: "done", resumed: true });
    expect(found).toEqual([["hello"]]);
  });

  test("is refused when the settings name another inventory", async () => {
    await failOnce();
    folder.env.INVENTORY_DRIVER = "redis";
    await expect(run(chain(Write, Read))).rejects.toMatchObject({
      code: "PLAN_INVENTORY_CHANGED",
      message: expect.stringContaining("in sqlite, and the settings name redis"),
    });
    expect(existsSync(join(folder.scratch, "1", "word.txt"))).toBe(true);
  });
});

describeWithRedis("a run whose Redis has forgotten it", (url) => {
  test.each([
    ["", false],
    [", also where an attempt came to it after that", true],
  ])("does every task again%s", async (_, isUsedAfterwards) => {
    const { hostname, port } = new URL(url);
    const mesh = { mesh_address: hostname, mesh_port: Number(port) };
    folder.env.MESH_CONFIG = JSON.stringify({ "automated-processing-scratch-inventory": mesh });
    const recipeRunId = 1_000_000 + Math.floor(Math.random() * 1e9);
    const options = { recipeRunId };
    isBroken = true;
    expect((await run(chain(Write, Read), options)).status).toBe("failed");
    isBroken = false;
    const settings = loadSettings(folder.env);
    const forget = async (): Promise<void> => {
      await using inventory = await openInventory(settings, { recipeRunId, clientName: "test" });
      await inventory.drop(await inventory.keys(`${recipeRunId}:`));
    };
    await forget();
    if (isUsedAfterwards) {
      await using inventory = await openInventory(settings, { recipeRunId, clientName: "test" });
      await raiseFence(inventory, recipeRunId, "Read", 2);
    }
    expect(await run(chain(Write, Read), options)).toMatchObject({ status: "done", resumed: true });
    expect(found).toEqual([["hello"]]);
    await forget();
  });
});

describe("a run whose scratch is gone", () => {
  const removeScratch = () => rm(join(folder.scratch, "1"), { recursive: true });
  const newer = {
    Read: class extends Read {
      static override readonly version = "2";
    },
  };
  const named = { recipeRunId: 1 };

  test("does every task again, once one has to run", async () => {
    await run(chain(Write, Read));
    await removeScratch();
    const { tasks } = await planWorkflow(chain(Write, newer.Read), folder.options({ inProcess: true, ...named }));
    expect(tasks[0]).toMatchObject({ task: "Write", action: "run", reasons: [{ kind: "scratch-removed" }] });
    const result = await run(chain(Write, newer.Read), named);
    expect(statuses(result.tasks)).toEqual({ Write: "done", Read: "done" });
    expect(found).toEqual([["hello"], ["hello"]]);
  });

  test("does nothing where nothing has to run", async () => {
    await run(chain(Write, Read));
    await removeScratch();
    const result = await run(chain(Write, Read), named);
    expect(statuses(result.tasks)).toEqual({ Write: "unchanged", Read: "unchanged" });
    expect(existsSync(join(folder.scratch, "1"))).toBe(false);
  });

  test("does nothing again for its teardown's sake", async () => {
    await run(chain(Write, Teardown));
    await removeScratch();
    const revised = {
      Teardown: class extends Teardown {
        static override readonly version = "2";
      },
    };
    const { tasks } = await planWorkflow(chain(Write, revised.Teardown), folder.options({ inProcess: true, ...named }));
    expect(tasks.map(({ action }) => action)).toEqual(["skip", "run"]);
  });

  test.each([
    [false, ["skip", "run"]],
    [true, ["run", "run"]],
  ])("goes by what a task says of itself: it needs scratch: %s", async (needsScratch, actions) => {
    await run(chain(Write));
    await removeScratch();
    class Says extends WorkflowTaskBase {
      static override readonly needsScratch = needsScratch;
      async run(): Promise<void> {}
    }
    const { tasks } = await planWorkflow(chain(Write, Says), folder.options({ inProcess: true, ...named }));
    expect(tasks.map(({ action }) => action)).toEqual(actions);
  });
});

describe("a task that the workflow has no longer", () => {
  test("is rolled back under its old name where it was renamed", async () => {
    isBroken = true;
    await run(chain(Write, Read));
    isBroken = false;
    const renamed = class Put extends Write {};
    const { removed } = await planWorkflow(chain(renamed, Read), folder.options({ inProcess: true }));
    expect(removed).toEqual(["Write"]);
    const result = await run(chain(renamed, Read));
    expect(result).toMatchObject({ recipeRunId: 1, status: "done" });
    expect(found).toEqual([["hello"]]);
    await using store = await folder.openStore();
    expect((await store.nodes(1)).map(({ task }) => task)).toEqual(["Read", "Put"]);
  });

  test("leaves nothing behind that others could find", async () => {
    isBroken = true;
    await run(chain(Write, Read));
    isBroken = false;
    expect((await run(chain(Read))).status).toBe("done");
    expect(found).toEqual([[]]);
    expect(folder.eventsOf("task-rolled-back").map(({ task }) => task)).toEqual(["Write"]);
    expect(existsSync(join(folder.scratch, "1", "word.txt"))).toBe(false);
  });
});
