import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { json } from "../../src/codecs/json.ts";
import { text } from "../../src/codecs/text.ts";
import { FirstlightError } from "../../src/core/errors.ts";
import { createLogger } from "../../src/core/log.ts";
import type { ProgressState } from "../../src/core/progress.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { memoryInventory } from "../../src/scratch/drivers/memory.ts";
import type { InventoryDriver } from "../../src/scratch/inventory-driver.ts";
import type { MetadataStore } from "../../src/services/metadata-store.ts";
import { openServices } from "../../src/services/open-services.ts";
import { runTask } from "../../src/tasks/run-task.ts";
import { ScienceTaskL0ToL1Base } from "../../src/tasks/science-task.ts";
import { isTaskClass, TaskBase, type TaskClass } from "../../src/tasks/task-base.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";
import { recordTelemetry } from "./telemetry-recorder.ts";

const words: string[] = [];
const said = (): string[] => words.splice(0);
beforeEach(() => void said());

class Steps extends WorkflowTaskBase {
  override async preRun() {
    words.push("preRun");
    await super.preRun();
  }
  async run() {
    words.push("run");
  }
  override async postRun() {
    words.push("postRun");
  }
  override async rollback() {
    words.push("rollback");
    await super.rollback();
  }
}

class Fails extends Steps {
  override async run() {
    words.push("run");
    throw new FirstlightError("OF_ITS_OWN", "the first error", { disposition: "retry" });
  }
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "firstlight-task-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A logger whose lines are kept, with the errors that they carry. */
function keptLog() {
  const lines: string[] = [];
  return { lines, log: createLogger({ level: "DEBUG", pretty: false, write: (line) => lines.push(line) }) };
}

describe("the life of an attempt", () => {
  test("is preRun, run and postRun, and rollback before them from the second on", async () => {
    await using run = await tmpRun();
    await run.run(Steps);
    expect(said()).toEqual(["preRun", "run", "postRun"]);
    await run.run(Steps);
    expect(said()).toEqual(["rollback", "preRun", "run", "postRun"]);
  });

  test("ends with the error that run throws, without postRun", async () => {
    await using run = await tmpRun();
    await expect(run.run(Fails)).rejects.toMatchObject({ code: "OF_ITS_OWN", disposition: "retry" });
    expect(said()).toEqual(["preRun", "run"]);
  });

  test("reports what was read and written, with the time of the machine", async () => {
    class Copies extends WorkflowTaskBase {
      async run() {
        const { value } = await this.readOne(["GIVEN"], text);
        await this.write(value.toUpperCase(), ["MADE"], text, { relativePath: "made.txt" });
      }
    }
    await using run = await tmpRun({ env: { SOURCE_DATE_EPOCH: "86400" } });
    await run.put("words", ["GIVEN"], text, "given.txt");
    const begun = Date.now();
    const report = await run.run(Copies);
    expect(report).toMatchObject({ task: "Copies", attempt: 1, reads: ["given.txt"] });
    expect(report.writes).toEqual([
      {
        path: "made.txt",
        sha256: "9403edaaf45d496474abf63f5f7e99230c1b6dae2f99c8cd7fe1b7eda83901f0",
        sizeBytes: 5,
        tags: ["MADE"],
      },
    ]);
    expect(Date.parse(report.startedAt)).toBeGreaterThanOrEqual(begun);
    expect(Date.parse(report.endedAt)).toBeGreaterThanOrEqual(Date.parse(report.startedAt));
    expect(report.peakMemoryBytes).toBeGreaterThan(1e6);
    // The record goes into products, and those follow the clock that is asked for.
    const [record] = await run.files(["PROVENANCE_RECORD"], json);
    expect(record?.value).toMatchObject({ task: "Copies", startedAt: "1970-01-02T00:00:00.000Z" });
  });

  test("takes the time of products from the settings that it is given, whatever the environment says", async () => {
    let now: Date | undefined;
    class Looks extends WorkflowTaskBase {
      async run() {
        now = this.context.clock.now();
      }
    }
    const scratch = { SCRATCH_BASE_PATH: await folder() };
    const settings = loadSettings({ ...scratch, SOURCE_DATE_EPOCH: "0" });
    await runTask(Looks, { recipeRunId: 2, settings, env: { ...scratch, SOURCE_DATE_EPOCH: "86400" } });
    expect(now?.toISOString()).toBe("1970-01-01T00:00:00.000Z");
  });

  test("sets a progress of 100 % at its end, and tells of every step", async () => {
    class Loops extends WorkflowTaskBase {
      async run() {
        this.progress.start(4, "rows");
        this.progress.increment(3);
      }
    }
    await using run = await tmpRun();
    const seen: unknown[] = [];
    await run.run(Loops, { onProgress: ({ current, total }) => seen.push(`${current}/${total}`) });
    expect(seen).toEqual(["0/4", "3/4", "4/4"]);
  });

  test("counts the files that it reads, where it counts nothing itself, and tells of no count where there is none", async () => {
    class Reads extends WorkflowTaskBase {
      async run() {
        for await (const _ of this.read(["INPUT"], text)) for await (const _ of this.read(["INPUT"], text));
      }
    }
    class Idles extends WorkflowTaskBase {
      async run() {}
    }
    await using run = await tmpRun();
    for (const name of ["a", "b"]) await run.put(name, ["INPUT"], text, name);
    const seen: unknown[] = [];
    const onProgress = ({ current, total }: ProgressState) => seen.push(`${current}/${total}`);
    await run.run(Reads, { onProgress });
    expect(seen).toEqual(["0/2", "1/2", "2/2", "2/2"]);
    await run.run(Idles, { onProgress });
    expect(seen).toHaveLength(4);
  });
});

describe("telemetry", () => {
  test("is a root span with a span per step, and four metrics, all with the attributes of the attempt", async () => {
    await using telemetry = recordTelemetry();
    let progress: unknown;
    class Works extends WorkflowTaskBase {
      async run() {
        this.progress.start(4, "rows");
        this.progress.increment();
        for await (const { value } of this.read(["GIVEN"], text)) await this.write(value, ["MADE"], text);
        progress = (await telemetry.metrics()).get("dkist.processing.tasks.outer.loop.progress");
      }
    }
    await using run = await tmpRun({ recipeRunId: 7, env: { NOMAD_ALLOC_ID: "alloc" } });
    for (const word of ["one", "two"]) await run.put(word, ["GIVEN"], text);
    await run.run(Works, { workflowName: "l0_to_l1_test", workflowVersion: "2.0" });

    const attributes = {
      "recipe.run.id": 7,
      "workflow.name": "l0_to_l1_test",
      "workflow.version": "2.0",
      "task.name": "Works",
      "nomad.allocation.id": "alloc",
      "nomad.allocation.name": "unknown-allocation-name",
      "nomad.allocation.group": "unknown-allocation-group",
    };
    const root = "l0_to_l1_test.Works";
    expect(await telemetry.spans()).toEqual([
      { name: "Pre Run", parent: root, status: "OK", attributes, exceptions: [] },
      { name: "Run", parent: root, status: "OK", attributes, exceptions: [] },
      { name: "Post Run", parent: root, status: "OK", attributes, exceptions: [] },
      {
        name: root,
        parent: undefined,
        status: "OK",
        attributes: { ...attributes, "dkist.root": "True" },
        exceptions: [],
      },
    ]);
    expect(progress).toEqual({ value: 25, attributes });
    const metrics = await telemetry.metrics();
    expect(metrics.get("dkist.processing.tasks.executed")).toEqual({ value: 1, attributes });
    expect(metrics.get("dkist.processing.tasks.reads")).toEqual({ value: 2, attributes });
    expect(metrics.get("dkist.processing.tasks.writes")).toEqual({ value: 2, attributes });
  });

  test("of a failure is the error on the step and on the root", async () => {
    await using telemetry = recordTelemetry();
    await using run = await tmpRun();
    await run.run(Fails).catch(() => undefined);
    const spans = await telemetry.spans();
    expect(spans.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "Pre Run OK",
      "Run ERROR",
      "manual.Fails ERROR",
    ]);
    expect(spans.at(-1)?.exceptions).toEqual(["the first error"]);
  });

  test("of a scratch that cannot be opened is the error on the root", async () => {
    await using telemetry = recordTelemetry();
    const env = { SCRATCH_BASE_PATH: "/sys/firstlight" };
    await expect(runTask(Steps, { recipeRunId: 1, env })).rejects.toThrow();
    expect((await telemetry.spans()).map(({ name, status }) => `${name} ${status}`)).toEqual(["manual.Steps ERROR"]);
  });
});

describe("closing", () => {
  /** An inventory that notes when it is closed. */
  const closable = (inventory: InventoryDriver, onClose: () => void): InventoryDriver => ({
    ...inventory,
    [Symbol.asyncDispose]: async () => onClose(),
  });

  test("leaves open what was given, and no private folder behind, after success and after failure", async () => {
    const basePath = await folder();
    let closed = 0;
    const inventory = closable(memoryInventory(), () => closed++);
    const options = { recipeRunId: 3, env: { SCRATCH_BASE_PATH: basePath }, inventory };
    await runTask(Steps, options);
    await expect(runTask(Fails, options)).rejects.toThrow("the first error");
    expect(said()).toEqual(["preRun", "run", "postRun", "preRun", "run"]);
    expect(closed).toBe(0);
    expect(await readdir(join(basePath, "3"))).toEqual([]);
  });
});

describe("a signal", () => {
  test("that has fired keeps anything from being opened", async () => {
    const basePath = await folder();
    const reason = new Error("stop");
    const options = { recipeRunId: 1, env: { SCRATCH_BASE_PATH: basePath }, signal: AbortSignal.abort(reason) };
    await expect(runTask(Steps, options)).rejects.toBe(reason);
    expect(await readdir(basePath)).toEqual([]);
  });

  test("stops a loop over files and a write, and there is no postRun", async () => {
    const stop = new AbortController();
    const reason = new Error("stop");
    class Loops extends Steps {
      override async run() {
        for await (const { value } of this.read(["GIVEN"], text)) {
          words.push(value);
          stop.abort(reason);
        }
      }
    }
    await using run = await tmpRun();
    await run.put("one", ["GIVEN"], text);
    await run.put("two", ["GIVEN"], text);
    await expect(run.run(Loops, { signal: stop.signal })).rejects.toBe(reason);
    expect(said()).toEqual(["preRun", "one"]);
  });
});

describe("a second attempt", () => {
  class WritesHalf extends WorkflowTaskBase {
    async run() {
      await this.write("half", ["MADE"], text, { relativePath: "made.txt" });
      await this.write("more", ["MADE"], text);
      await this.setConstant("FOUND", 1);
      await this.tag("given.txt", ["SEEN"]);
      if (this.attempt === 1) throw new Error("broken off");
    }
  }

  test("finds scratch as the first did: files, names, tags and constants", async () => {
    await using run = await tmpRun();
    await run.put("given", ["GIVEN"], text, "given.txt");
    await expect(run.run(WritesHalf)).rejects.toThrow("broken off");
    const { writes } = await run.run(WritesHalf);
    // The generic name counts from 1 again.
    expect(writes.map(({ path }) => path)).toEqual(["made.txt", "WORKFLOW-TASK-WRITESHALF_MADE_1.dat"]);
    expect((await run.files(["MADE"], text)).map(({ value }) => value)).toEqual(["more", "half"]);
    expect(await run.constants()).toEqual(new Map([["FOUND", 1]]));
    expect(await run.tags("given.txt")).toEqual(["GIVEN", "SEEN"]);
  });

  test("without a number of its own finds what the first left", async () => {
    await using run = await tmpRun();
    await run.put("given", ["GIVEN"], text, "given.txt");
    await expect(run.run(WritesHalf, { attempt: 1 })).rejects.toThrow("broken off");
    await expect(run.run(WritesHalf, { attempt: 1 })).rejects.toMatchObject({ code: "SCRATCH_FILE_EXISTS" });
  });

  test("shuts out the first, which hung: nothing that it does later is kept", async () => {
    const woken = Promise.withResolvers<void>();
    const hung = Promise.withResolvers<void>();
    class Hangs extends WorkflowTaskBase {
      async run() {
        if (this.attempt === 1) {
          hung.resolve();
          await woken.promise;
        }
        await this.write(`attempt ${this.attempt}`, ["MADE"], text, { relativePath: "made.txt", overwrite: true });
        await this.setConstant("FOUND", this.attempt);
      }
    }
    await using run = await tmpRun();
    const zombie = run.run(Hangs);
    await hung.promise;
    await run.run(Hangs);
    woken.resolve();
    await expect(zombie).rejects.toMatchObject({ code: "ATTEMPT_FENCED" });
    expect((await run.files(["MADE"], text)).map(({ value }) => value)).toEqual(["attempt 2"]);
    expect(await run.constants()).toEqual(new Map([["FOUND", 2]]));
  });

  test("syncs the inventory once all is written, and before it reports", async () => {
    const inventory = memoryInventory();
    const calls: string[] = [];
    await using run = await tmpRun({
      inventory: {
        ...inventory,
        async add(...asked) {
          calls.push("add");
          return inventory.add(...asked);
        },
        async sync() {
          calls.push("sync");
        },
      },
    });
    class Writes extends WorkflowTaskBase {
      async run() {
        await this.write("x", ["MADE"], text);
      }
    }
    await run.run(Writes);
    expect(calls.filter((call) => call === "sync")).toHaveLength(1);
    expect(calls.at(-1)).toBe("sync");
  });

  test("is not shut out by an earlier one that starts late", async () => {
    class Numbered extends WorkflowTaskBase {
      async run() {
        await this.write(`attempt ${this.attempt}`, ["MADE"], text, { relativePath: `made-${this.attempt}.txt` });
        if (this.attempt === 2) {
          await expect(run.run(Numbered, { attempt: 1 })).rejects.toMatchObject({ code: "ATTEMPT_FENCED" });
        }
        await this.setConstant("FOUND", this.attempt);
      }
    }
    await using run = await tmpRun();
    await run.run(Numbered, { attempt: 2 });
    expect((await run.files(["MADE"], text)).map(({ value }) => value)).toEqual(["attempt 2"]);
    expect(await run.constants()).toEqual(new Map([["FOUND", 2]]));
  });

  test("sets the recipe run in progress again", async () => {
    await using run = await tmpRun();
    const { metadataStore } = run.services;
    await metadataStore.register?.({ recipeRunId: 1, parts: [] });
    await metadataStore.setStatus(1, "COMPLETEDSUCCESSFULLY");
    await run.run(Steps, { attempt: 2 });
    expect(await metadataStore.record?.(1)).toMatchObject({ status: "INPROGRESS" });
  });

  test("goes on where the metadata store fails, and says so in the log", async () => {
    const broken = {
      name: "graphql",
      setStatus: () => Promise.reject(new Error("the store is away")),
    } as unknown as MetadataStore;
    const { lines, log } = keptLog();
    await using run = await tmpRun({ services: { metadataStore: broken } });
    await run.put("given", ["GIVEN"], text, "given.txt");
    await expect(run.run(WritesHalf)).rejects.toThrow("broken off");
    await run.run(WritesHalf, { log });
    expect(lines.filter((line) => line.includes("the store is away") && line.includes('"WARNING"'))).toHaveLength(1);
  });

  test("that cannot roll back ends with that error, and does not run", async () => {
    class CannotRollBack extends Steps {
      override async rollback() {
        throw new FirstlightError("ROLLBACK", "cannot undo");
      }
    }
    await using run = await tmpRun();
    await expect(run.run(CannotRollBack, { attempt: 2 })).rejects.toMatchObject({ code: "ROLLBACK" });
    expect(said()).toEqual([]);
  });
});

describe("what is no task or no attempt", () => {
  const options = { recipeRunId: 1 };

  test("is refused before anything is opened", async () => {
    const basePath = await folder();
    const env = { SCRATCH_BASE_PATH: basePath };
    const cases: [task: unknown, more: object, code: string, message: RegExp][] = [
      [class NoTask {}, {}, "NOT_A_TASK", /no such class/],
      [new Steps({ recipeRunId: 1, workflowName: "w", workflowVersion: "1" }), {}, "NOT_A_TASK", /no such class/],
      [ScienceTaskL0ToL1Base, {}, "NOT_A_TASK", /ScienceTaskL0ToL1Base is abstract/],
      [(() => class extends Steps {})(), {}, "NOT_A_TASK", /has no name/],
      [Steps, { recipeRunId: -1 }, "RECIPE_RUN_ID_INVALID", /this is -1/],
      [Steps, { recipeRunId: Number.NaN }, "RECIPE_RUN_ID_INVALID", /this is NaN/],
      [Steps, { attempt: 0 }, "ATTEMPT_INVALID", /this is 0/],
    ];
    for (const [task, more, code, message] of cases) {
      const running = runTask(task as TaskClass, { ...options, env, ...more });
      await expect(running).rejects.toMatchObject({
        code,
        disposition: "invalid",
        message: expect.stringMatching(message),
      });
    }
    expect(await readdir(basePath)).toEqual([]);
  });

  test("made with new has no scratch, and says how to get one", () => {
    const made = new Steps({ recipeRunId: 5, workflowName: "w", workflowVersion: "1" });
    expect(() => made.constants).toThrow(/runTask\(Steps, \{ recipeRunId: 5 \}\)/);
  });
});

test("a task of another copy of the library is a task, and runs", async () => {
  const path = "../../src/tasks/workflow-task-base.ts?copy";
  const copy = (await import(/* @vite-ignore */ path)) as { WorkflowTaskBase: typeof WorkflowTaskBase };
  expect(copy.WorkflowTaskBase).not.toBe(WorkflowTaskBase);
  class Foreign extends copy.WorkflowTaskBase {
    async run() {
      await this.write("from a copy", ["MADE"], text);
    }
  }
  expect(Foreign.prototype instanceof WorkflowTaskBase).toBe(false);
  expect(isTaskClass(Foreign)).toBe(true);
  await using run = await tmpRun();
  await run.run(Foreign);
  expect((await run.files(["MADE"], text)).map(({ value }) => value)).toEqual(["from a copy"]);
});

test("what is not a class, or not of this kind, is no task class", () => {
  expect([undefined, null, {}, () => undefined, class {}, TaskBase].map(isTaskClass)).toEqual([
    false,
    false,
    false,
    false,
    false,
    true,
  ]);
});

describe("provenance in the metadata store", () => {
  class Science extends ScienceTaskL0ToL1Base {
    async run() {}
  }

  const recordsOf = async (task: TaskClass, isManual: boolean) => {
    await using run = await tmpRun();
    const { metadataStore } = run.services;
    await metadataStore.register?.({ recipeRunId: 1, parts: [] });
    await run.run(task, { workflowVersion: "3.1", isManual });
    return (await metadataStore.record?.(1))?.provenances;
  };

  test("is recorded by a science task, once, with the versions of the libraries", async () => {
    expect(await recordsOf(Science, false)).toMatchObject([
      {
        taskName: "Science",
        workflowVersion: "3.1",
        isTaskManual: false,
        libraryVersions: { node: process.versions.node, firstlight: expect.any(String), zod: expect.any(String) },
      },
    ]);
  });

  test("is recorded by another task only when a person runs it, and says so", async () => {
    expect(await recordsOf(Steps, false)).toEqual([]);
    expect(await recordsOf(Steps, true)).toMatchObject([{ taskName: "Steps", isTaskManual: true }]);
  });

  test("that cannot be recorded fails the attempt before it runs", async () => {
    const broken = { name: "graphql", recipeRun: () => Promise.reject(new Error("away")) } as unknown as MetadataStore;
    await using run = await tmpRun({ services: { metadataStore: broken } });
    await expect(run.run(Science)).rejects.toThrow("away");
  });
});

test("a scratch that cannot be written is named, with what to do", async () => {
  const options = { recipeRunId: 1, env: { SCRATCH_BASE_PATH: "/sys" }, inventory: memoryInventory() };
  await expect(runTask(Steps, options)).rejects.toMatchObject({
    code: "SCRATCH_READ_ONLY",
    message: expect.stringContaining("SCRATCH_BASE_PATH"),
  });
});

test("the services that the settings name lie beside the recipe runs", async () => {
  const basePath = await folder();
  const settings = loadSettings({ SCRATCH_BASE_PATH: basePath });
  class Asks extends WorkflowTaskBase<"objectStore"> {
    static override readonly uses = ["objectStore"] as const;
    async run() {
      await this.objectStore.put("data", "a/b.txt", new TextEncoder().encode("x"));
    }
  }
  await runTask(Asks, { recipeRunId: 1, settings });
  await using services = openServices(settings);
  expect(await services.objectStore.head("data", "a/b.txt")).toMatchObject({ sizeBytes: 1 });
});
