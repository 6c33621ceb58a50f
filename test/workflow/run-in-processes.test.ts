import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { identifyProcess, isProcessAlive } from "../../src/workflow/process-identity.ts";
import type { RunResult } from "../../src/workflow/run-options.ts";
import { runWorkflow } from "../../src/workflow/run-workflow.ts";
import { workflow as stages } from "../fixtures/workflows/stages.ts";
import { workflow as trials } from "../fixtures/workflows/trials.ts";
import { eventually, makeRunnerFolder, type RunnerFolder, statuses } from "./runner-folder.ts";

const everyStage = ["Load", "Dark", "Gain", "Reduce", "Save"];
const fixture = (name: string) => new URL(`../fixtures/${name}`, import.meta.url);
const inStages = { module: fixture("workflows/stages.ts").href };
const inTrials = { module: fixture("workflows/trials.ts").href };

describe("a run in which all goes well", () => {
  let folder: RunnerFolder;
  let result: RunResult;
  const prepared: unknown[] = [];
  beforeAll(async () => {
    folder = await makeRunnerFolder();
    await folder.script({ Load: ["print"], Reduce: ["progress"] });
    const prepare = async (recipeRunId: number) => void prepared.push(recipeRunId, await folder.journal());
    result = await runWorkflow(stages, folder.options({ ...inStages, prepare }));
  }, 60_000);
  afterAll(() => folder.remove());

  test("is prepared before the first task, under its id", () => {
    expect(prepared).toEqual([1, []]);
  });

  test("runs each task once, after its upstreams, each in a process of its own", async () => {
    expect(result).toMatchObject({ recipeRunId: 1, status: "done", resumed: false });
    expect(new Set(result.tasks.map(({ status }) => status))).toEqual(new Set(["done"]));
    const starts = (await folder.journal()).filter((line) => line.includes("start")).map((line) => line.split(" "));
    const order = starts.map(([task]) => task);
    expect(order.toSorted()).toEqual(everyStage.toSorted());
    expect([order[0], order[3], order[4]]).toEqual(["Load", "Reduce", "Save"]);
    expect(new Set([...starts.map(([, , , pid]) => pid), String(process.pid)]).size).toBe(6);
  });

  test("tells and records the same story", async () => {
    const { events } = folder;
    expect(events[0]).toMatchObject({ type: "run-started", workflow: "l0_to_l1_stages", tasks: everyStage });
    expect(events.at(-1)).toMatchObject({ type: "run-finished", status: "done" });
    expect(
      folder
        .eventsOf("task-finished")
        .map(({ task }) => task)
        .toSorted(),
    ).toEqual(everyStage.toSorted());
    await using store = await folder.openStore();
    expect(await store.events(1)).toEqual(events.filter(({ type }) => type !== "task-progress" && type !== "task-log"));
    expect(await store.run(1)).toMatchObject({ status: "done" });
    expect(statuses((await store.nodes(1)).map((node) => node))).toEqual(statuses(result.tasks));
  });

  test("keeps each attempt with its states, its report and its process", async () => {
    await using store = await folder.openStore();
    const [load] = await store.attempts(1);
    expect(load).toMatchObject({ task: "Load", attempt: 1, state: "done", report: { task: "Load" } });
    expect(load?.states.map(({ state }) => state)).toEqual(["starting", "running", "done"]);
    expect(load?.pid).toBe(await folder.pidOf("Load 1"));
    expect(load?.report?.peakMemoryBytes).toBeGreaterThan(1_000_000);
  });

  test("passes on progress, throttled, with its last state", () => {
    const states = folder.eventsOf("task-progress").filter(({ task }) => task === "Reduce");
    expect(states.at(-1)).toMatchObject({ current: 1000, total: 1000, unit: "rows" });
    expect(states.length).toBeLessThan(100);
  });

  test("passes on what a task prints and logs, and keeps it with the attempt", async () => {
    const lines = folder.eventsOf("task-log").filter(({ task }) => task === "Load");
    expect(lines).toContainEqual(expect.objectContaining({ stream: "stdout", line: "to standard output" }));
    const share = Math.max(1, Math.floor(availableParallelism() / 2));
    expect(lines.map(({ line }) => line)).toContain(`threads ${share}, bad frames skipped: false`);
    expect(lines).toContainEqual(
      expect.objectContaining({ stream: "stderr", line: expect.stringContaining("into the log") }),
    );
    await using store = await folder.openStore();
    expect((await store.attempts(1))[0]?.output).toContain("to standard output");
  });
});

describe("attempts that crash", () => {
  let folder: RunnerFolder;
  let result: RunResult;
  beforeAll(async () => {
    folder = await makeRunnerFolder();
    folder.env.NODE_OPTIONS = "--max-old-space-size=60";
    await folder.script({
      Thrower: ["throw"],
      Leaver: ["exit 3"],
      Finisher: ["exit 0"],
      Victim: ["sigkill"],
      Waiter: ["never"],
      Hoarder: ["out of memory"],
      Stopper: ["fatal"],
      Solid: ["print"],
    });
    const workers = 2 * availableParallelism();
    result = await runWorkflow(trials, folder.options({ ...inTrials, workers }));
  }, 120_000);
  afterAll(() => folder.remove());

  test("end nothing but themselves, and are made again", async () => {
    expect(result.status).toBe("failed");
    expect(
      Object.fromEntries(result.tasks.map(({ task, status, attempts }) => [task, `${status} ${attempts}`])),
    ).toEqual({
      Thrower: "done 2",
      Leaver: "done 2",
      Finisher: "done 2",
      Victim: "done 2",
      Waiter: "done 2",
      Hoarder: "done 2",
      Stopper: "failed 1",
      Solid: "done 1",
    });
  });

  test("have a share of the cores, never less than one, and know what their workflow allows", () => {
    const printed = folder.eventsOf("task-log").filter(({ task }) => task === "Solid");
    expect(printed.map(({ line }) => line)).toContain("threads 1, bad frames skipped: true");
  });

  test("are rolled back before they are made again", async () => {
    const journal = await folder.journal();
    for (const task of ["Thrower", "Leaver", "Finisher", "Victim", "Waiter", "Hoarder"]) {
      expect(journal.filter((line) => line.startsWith(`${task} 2`))).toEqual([
        `${task} 2 rollback`,
        expect.stringMatching(/ start \d+$/),
        `${task} 2 end`,
      ]);
    }
  });

  test.each([
    ["Thrower", "TASK_FAILED", /^TypeError: this is not a function\nat #act \(\/.*scripted-task\.ts:\d+:\d+\)$/],
    [
      "Leaver",
      "TASK_CRASHED",
      /Attempt 1 of Leaver crashed: .* exit code 3 before .* Its last lines:\n(.*\n)*about to leave/,
    ],
    ["Finisher", "TASK_CRASHED", /exit code 0 .*process\.exit\(\)/],
    ["Victim", "TASK_CRASHED", /killed by SIGKILL .*ran out of memory/],
    ["Waiter", "TASK_CRASHED", /exit code 13 .*can never happen/],
    ["Hoarder", "TASK_CRASHED", /heap was full.*--max-old-space-size/],
  ])("say what happened: %s", async (task, code, message) => {
    const [failed] = folder.eventsOf("task-failed").filter((event) => event.task === task);
    expect(failed?.error).toMatchObject({ code, message: expect.stringMatching(message) });
    await using store = await folder.openStore();
    const [first] = (await store.attempts(1)).filter((attempt) => attempt.task === task);
    expect(first).toMatchObject({ state: code === "TASK_FAILED" ? "failed" : "crashed", error: { code } });
  });
});

describe("a runner that is stopped or dies", () => {
  let folder: RunnerFolder;
  const runners: ChildProcess[] = [];
  beforeEach(async () => {
    folder = await makeRunnerFolder();
  });
  afterEach(async () => {
    await folder.release();
    for (const runner of runners.splice(0)) runner.kill("SIGKILL");
    await folder.remove();
  });

  /** A runner of the stages in a process of its own. */
  const spawnRunner = () => {
    const program = fixture("run-stages.ts").pathname;
    const runner = spawn(process.execPath, ["--conditions=firstlight-source", program], { env: folder.env });
    runners.push(runner);
    let output = "";
    for (const stream of [runner.stdout, runner.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
      });
    }
    return { runner, closed: once(runner, "close").then(() => output) };
  };

  test("by Ctrl-C, which reaches its tasks too, lets them end cleanly", async () => {
    await folder.script({ Load: ["hold"] });
    const { runner, closed } = spawnRunner();
    process.kill(await folder.pidOf("Load 1"), "SIGINT");
    runner.kill("SIGINT");
    expect(await closed).toContain(`"type":"run-finished","status":"interrupted"`);
    expect(await folder.journal()).toContain("Load 1 aborted");
  });

  test("told twice, kills a task that does not listen", async () => {
    await folder.script({ Load: ["deaf"] });
    const stop = new AbortController();
    const kill = new AbortController();
    const running = runWorkflow(stages, folder.options({ ...inStages, signal: stop.signal, killSignal: kill.signal }));
    const identity = identifyProcess(await folder.pidOf("Load 1"));
    stop.abort();
    kill.abort();
    expect(await running).toMatchObject({ status: "interrupted", tasks: [{ status: "interrupted" }, {}, {}, {}, {}] });
    expect(isProcessAlive(identity)).toBe(false);
  });

  test("kills a task that does not listen when its grace is over", async () => {
    await folder.script({ Load: ["deaf"] });
    const stop = new AbortController();
    const running = runWorkflow(stages, folder.options({ ...inStages, signal: stop.signal, graceSeconds: 0.1 }));
    await folder.pidOf("Load 1");
    stop.abort();
    expect((await running).status).toBe("interrupted");
  });

  test("by SIGKILL, takes a task that listens with it", async () => {
    await folder.script({ Load: ["hold"] });
    const { runner, closed } = spawnRunner();
    const identity = identifyProcess(await folder.pidOf("Load 1"));
    runner.kill("SIGKILL");
    await closed;
    await eventually(() => (isProcessAlive(identity) === false ? true : undefined));
    expect(await folder.journal()).toContain("Load 1 aborted");
  });

  test("by SIGKILL, is followed by one that kills what it left and goes on", async () => {
    await folder.script({ Load: ["deaf"] });
    const { runner, closed } = spawnRunner();
    const identity = identifyProcess(await folder.pidOf("Load 1"));
    runner.kill("SIGKILL");
    await eventually(() => runner.signalCode ?? undefined);
    expect(isProcessAlive(identity)).toBe(true);
    const result = await runWorkflow(stages, folder.options(inStages));
    expect(result).toMatchObject({ recipeRunId: 1, status: "done", resumed: true });
    expect(isProcessAlive(identity)).toBe(false);
    await closed;
    expect((await folder.journal()).slice(0, 2)).toEqual([expect.stringMatching(/^Load 1 start/), "Load 2 rollback"]);
    await using store = await folder.openStore();
    expect((await store.attempts(1))[0]).toMatchObject({ attempt: 1, state: "lost", error: { code: "ATTEMPT_LOST" } });
  }, 60_000);
});
