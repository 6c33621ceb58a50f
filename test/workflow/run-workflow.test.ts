import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { planWorkflow } from "../../src/workflow/plan-workflow.ts";
import type { RunOptions } from "../../src/workflow/run-options.ts";
import { runWorkflow } from "../../src/workflow/run-workflow.ts";
import { changed, workflow } from "../fixtures/workflows/stages.ts";
import { makeRunnerFolder, type RunnerFolder, statuses } from "./runner-folder.ts";

// In this process, where a run takes milliseconds; run-in-processes.test.ts has what processes of their own change.
let folder: RunnerFolder;
beforeEach(async () => {
  folder = await makeRunnerFolder();
  process.env.RUNNER_FIXTURE = folder.path;
});
afterEach(async () => {
  await folder.remove();
  delete process.env.RUNNER_FIXTURE;
});

const run = (more: Partial<RunOptions> = {}) => runWorkflow(workflow, folder.options({ inProcess: true, ...more }));
const plan = async (which = workflow, more: Partial<RunOptions> = {}) =>
  Object.fromEntries(
    (await planWorkflow(which, folder.options(more))).tasks.map(({ task, reasons }) => [task, reasons]),
  );
const allNew = [{ kind: "new" }];

test("no more tasks run at the same time than there are workers", async () => {
  await run({ workers: 1 });
  const lines = (await folder.journal()).map((line) => line.split(" "));
  expect(lines.map(([task, , what]) => `${task} ${what}`)).toEqual(
    ["Load", "Dark", "Gain", "Reduce", "Save"].flatMap((task) => [`${task} start`, `${task} end`]),
  );
});

describe("a failure", () => {
  test("with the disposition retry rolls back and tries again, as often as the workflow says", async () => {
    await folder.script({ Dark: ["retry", "retry", "ok"] });
    const result = await run();
    expect(result.tasks[1]).toMatchObject({ status: "failed", attempts: 2, error: { code: "SCRIPTED" } });
    expect((await folder.journal()).filter((line) => /^Dark/.test(line))).toEqual([
      `Dark 1 start ${process.pid}`,
      "Dark 2 rollback",
      `Dark 2 start ${process.pid}`,
    ]);
    const failed = folder.eventsOf("task-failed");
    expect(failed).toMatchObject([{ attempt: 1, willRetryInMs: 0 }, { attempt: 2 }]);
    expect(failed[1]).not.toHaveProperty("willRetryInMs");
  });

  test.each(["fatal", "invalid"] as const)("with the disposition %s is final", async (act) => {
    await folder.script({ Dark: [act] });
    const result = await run();
    expect(result.tasks[1]).toMatchObject({ status: "failed", attempts: 1, error: { disposition: act } });
  });

  test("blocks what depends on it, by name, and nothing else", async () => {
    await folder.script({ Gain: ["fatal"] });
    const result = await run();
    expect(result.status).toBe("failed");
    expect(statuses(result.tasks)).toEqual({
      Load: "done",
      Dark: "done",
      Gain: "failed",
      Reduce: "blocked",
      Save: "blocked",
    });
    expect(folder.eventsOf("task-blocked")).toMatchObject([
      { task: "Reduce", by: ["Gain"] },
      { task: "Save", by: ["Gain"] },
    ]);
    await using store = await folder.openStore();
    expect((await store.nodes(1)).find(({ task }) => task === "Save")).toMatchObject({
      status: "blocked",
      blockedBy: ["Gain"],
    });
  });

  test("beside another one: what both block names both", async () => {
    await folder.script({ Dark: ["fatal"], Gain: ["fatal"] });
    const result = await run();
    expect(result.tasks[4]).toMatchObject({ status: "blocked", blockedBy: ["Dark", "Gain"] });
    await using store = await folder.openStore();
    expect((await store.nodes(1)).find(({ task }) => task === "Save")?.blockedBy).toEqual(["Dark", "Gain"]);
  });

  test("with the disposition skip leaves its task out, and what depends on it runs", async () => {
    await folder.script({ Dark: ["skip"] });
    const result = await run();
    expect(result.status).toBe("done");
    expect(statuses(result.tasks)).toMatchObject({ Dark: "skipped", Reduce: "done", Save: "done" });
    expect(folder.eventsOf("task-skipped")).toMatchObject([
      { task: "Dark", why: "left-out", error: { code: "SCRIPTED" } },
    ]);
  });
});

describe("a run that did not end", () => {
  test("goes on where it failed, and does nothing twice", async () => {
    await folder.script({ Gain: ["fatal"] });
    await run();
    await folder.clearJournal();
    const result = await run();
    expect(result).toMatchObject({ recipeRunId: 1, status: "done", resumed: true });
    expect(statuses(result.tasks)).toEqual({
      Load: "unchanged",
      Dark: "unchanged",
      Gain: "done",
      Reduce: "done",
      Save: "done",
    });
    expect((await folder.journal()).filter((line) => line.includes("start") || line.includes("rollback"))).toEqual([
      "Gain 2 rollback",
      `Gain 2 start ${process.pid}`,
      `Reduce 1 start ${process.pid}`,
      `Save 1 start ${process.pid}`,
    ]);
  });

  test("does a task of a newer version and all below it again, the last rolled back first", async () => {
    await folder.script({ Save: ["fatal"] });
    await run();
    await folder.clearJournal();
    const result = await runWorkflow(changed, folder.options({ inProcess: true, workers: 1 }));
    expect(result).toMatchObject({ recipeRunId: 1, status: "done" });
    expect((await folder.journal()).map((line) => line.replace(/ \d+$/, ""))).toEqual([
      "Save 2 rollback",
      "Reduce 2 rollback",
      "Dark 2 rollback",
      "Dark 2 start",
      "Dark 2 end",
      "Reduce 2 rollback",
      "Reduce 2 start",
      "Reduce 2 end",
      "Save 2 rollback",
      "Save 2 start",
      "Save 2 end",
    ]);
    expect(folder.eventsOf("task-rolled-back").map(({ task }) => task)).toEqual(["Save", "Reduce"]);
  });

  test("does again what lay below a task that was done anew, though the runner was stopped between", async () => {
    await run();
    await folder.script({ Reduce: ["ok", "fatal"] });
    await runWorkflow(changed, folder.options({ inProcess: true, recipeRunId: 1 }));
    const { Dark, Reduce, Save } = await plan(changed);
    expect(Dark).toMatchObject([{ kind: "unchanged" }]);
    expect(Reduce).toEqual([{ kind: "failed-before", attempts: 2, code: "SCRIPTED" }]);
    expect(Save).toEqual([
      { kind: "blocked-before", by: ["Reduce"] },
      { kind: "upstream-runs", tasks: ["Reduce"] },
    ]);
  });

  test("whose preparation failed is recorded as failed and started no task", async () => {
    const prepare = async () => {
      throw new Error("no frames");
    };
    await expect(run({ prepare })).rejects.toThrow("no frames");
    expect(await folder.journal()).toEqual([]);
    await using store = await folder.openStore();
    expect(await store.run(1)).toMatchObject({ status: "failed" });
  });
});

describe("a finished run", () => {
  test("is followed by a new one", async () => {
    await run();
    expect(await run()).toMatchObject({ recipeRunId: 2, resumed: false });
  });

  test("that is named does nothing again", async () => {
    await run();
    await folder.clearJournal();
    const result = await run({ recipeRunId: 1 });
    expect(result).toMatchObject({ recipeRunId: 1, status: "done" });
    expect(new Set(result.tasks.map(({ status }) => status))).toEqual(new Set(["unchanged"]));
    expect(await folder.journal()).toEqual([]);
  });
});

describe("a plan", () => {
  test("of a run that is not there says that all is new, and writes nothing", async () => {
    expect(await plan()).toEqual({ Load: allNew, Dark: allNew, Gain: allNew, Reduce: allNew, Save: allNew });
    expect(existsSync(folder.scratch)).toBe(false);
  });

  test("says what failed, what it blocked, and what is done", async () => {
    await folder.script({ Gain: ["fatal"] });
    await run();
    expect(await plan()).toMatchObject({
      Load: [{ kind: "unchanged" }],
      Dark: [{ kind: "unchanged" }],
      Gain: [{ kind: "failed-before", attempts: 1, code: "SCRIPTED" }],
      Reduce: [
        { kind: "blocked-before", by: ["Gain"] },
        { kind: "upstream-runs", tasks: ["Gain"] },
      ],
    });
  });

  test("says what is being done at this moment, and what waits for it", async () => {
    let meanwhile: ReturnType<typeof plan> | undefined;
    await folder.script({ Reduce: ["hold"] });
    await run({
      onEvent: (event) => {
        if (event.type !== "task-started" || event.task !== "Reduce") return;
        meanwhile = plan().finally(() => folder.release());
      },
    });
    expect(await meanwhile).toMatchObject({
      Load: [{ kind: "unchanged" }],
      Reduce: [{ kind: "at-work", attempt: 1 }],
      Save: [{ kind: "new" }, { kind: "upstream-runs", tasks: ["Reduce"] }],
    });
  });

  test("names what changed: version, input, parameters", async () => {
    await run();
    const named = { recipeRunId: 1 };
    expect((await plan(workflow, named)).Dark).toMatchObject([{ kind: "unchanged" }]);
    expect((await plan(changed, named)).Dark).toMatchObject([
      { kind: "task-version-changed", from: "1", to: "2" },
      { kind: "code-changed" },
    ]);
    expect((await plan(changed, named)).Gain).toMatchObject([{ kind: "unchanged" }]);
    expect((await plan(changed, named)).Reduce).toEqual([{ kind: "upstream-runs", tasks: ["Dark"] }]);
    expect((await plan(workflow, { ...named, inputDigest: "other" })).Load).toEqual([{ kind: "input-changed" }]);
    expect((await plan(workflow, { ...named, parametersDigest: "other" })).Load).toEqual([
      { kind: "parameters-changed" },
    ]);
  });

  test("names the drivers and what chose them", async () => {
    folder.env.BUS_DRIVER = "amqp";
    const { drivers } = await planWorkflow(workflow, folder.options());
    expect(drivers).toContainEqual({ service: "inventory", driver: "sqlite", because: "default" });
    expect(drivers).toContainEqual({ service: "bus", driver: "amqp", because: "BUS_DRIVER" });
  });

  test("refuses the memory inventory, which attempts in processes of their own cannot share", async () => {
    folder.env.INVENTORY_DRIVER = "memory";
    await expect(planWorkflow(workflow, folder.options())).rejects.toMatchObject({ code: "PLAN_INVENTORY_NOT_SHARED" });
    await expect(planWorkflow(workflow, folder.options({ inProcess: true }))).resolves.toBeDefined();
  });

  test("refuses a service that does not exist", async () => {
    const [load] = workflow.nodes();
    const odd = { ...workflow, nodes: () => [{ ...load, uses: ["telescope"] }] } as never;
    await expect(planWorkflow(odd, folder.options())).rejects.toMatchObject({
      code: "PLAN_SERVICE_UNKNOWN",
      message: expect.stringContaining("Task Load of workflow l0_to_l1_stages uses 'telescope'"),
    });
  });
});

describe("what cannot begin is refused before anything is written:", () => {
  test("a run without the module that its processes import", async () => {
    await expect(runWorkflow(workflow, folder.options())).rejects.toMatchObject({ code: "RUN_MODULE_MISSING" });
    expect(existsSync(folder.scratch)).toBe(false);
  });

  test("settings that are wrong", async () => {
    folder.env.RETRY_CONFIG = "often";
    await expect(run()).rejects.toMatchObject({ code: "SETTINGS_INVALID" });
    expect(existsSync(folder.scratch)).toBe(false);
  });
});

test("a second runner is refused while the first runs, and the first goes on", async () => {
  await folder.script({ Dark: ["hold"] });
  const first = run();
  await folder.pidOf("Dark 1");
  await expect(run()).rejects.toMatchObject({
    code: "RUN_LEASED",
    message: expect.stringContaining(`process ${process.pid}`),
  });
  await folder.release();
  expect((await first).status).toBe("done");
});

test("a run that is stopped is recorded as interrupted and goes on later", async () => {
  await folder.script({ Dark: ["hold"] });
  const stop = new AbortController();
  const stopped = run({ signal: stop.signal });
  await folder.pidOf("Dark 1");
  stop.abort();
  expect(await stopped).toMatchObject({ status: "interrupted", recipeRunId: 1 });
  expect(await folder.journal()).toContain("Dark 1 aborted");
  await folder.release();
  expect(await run()).toMatchObject({ recipeRunId: 1, status: "done", resumed: true });
});

test("a run whose lease was lost stops and says so", async () => {
  await folder.script({ Dark: ["hold"] });
  const lost = run().catch((error: unknown) => error);
  await folder.pidOf("Dark 1");
  await using store = await folder.openStore();
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(`${folder.scratch}/.firstlight/runs.sqlite`);
  database.exec(`UPDATE leases SET expires_ms = 0, owner = '{"host":"elsewhere","pid":1,"started":""}'`);
  await using lease = await store.lease(1);
  await folder.release();
  expect(await lost).toMatchObject({ code: "RUN_LEASE_LOST", message: expect.stringContaining(`${process.pid}`) });
  expect(lease.epoch).toBe(2);
  expect((await store.nodes(1)).find(({ task }) => task === "Save")?.status).toBe("waiting");
});
