import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fixedClock } from "../../src/core/clock.ts";
import { identifyProcess, isProcessAlive } from "../../src/workflow/process-identity.ts";
import type { Fingerprint, RunKey } from "../../src/workflow/run-store.ts";
import { openSqliteRunStore, runStorePath } from "../../src/workflow/sqlite-run-store.ts";

const key: RunKey = { workflow: "l0_to_l1_eit", version: "1.0.0", inputKey: "/in", outputKey: "/out" };
const fingerprint: Fingerprint = {
  taskVersion: "1",
  code: "c",
  parameters: "p",
  input: "i",
  upstreams: [],
  digest: "d",
};

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-runs-"));
  path = runStorePath(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The lease of run 1 as another process holds it. */
async function leaseFromElsewhere(owner: object, expiresMs: number) {
  await using store = await openSqliteRunStore(path);
  await (await store.lease(1))[Symbol.asyncDispose]();
  using database = new DatabaseSync(path);
  database
    .prepare("UPDATE leases SET owner = ?, expires_ms = ? WHERE recipe_run_id = 1")
    .run(JSON.stringify(owner), expiresMs);
}

/** Makes the holder of a lease one of another machine that has said nothing for long. */
function forget(recipeRunId: number) {
  using database = new DatabaseSync(path);
  database
    .prepare("UPDATE leases SET owner = ?, expires_ms = 0 WHERE recipe_run_id = ?")
    .run(JSON.stringify({ host: "elsewhere", pid: 1, started: "" }), recipeRunId);
}

const inAnHour = () => Date.now() + 3_600_000;

describe("choosing a run", () => {
  test("ids count up from 1", async () => {
    await using store = await openSqliteRunStore(path);
    expect((await store.openRun(key)).run.recipeRunId).toBe(1);
    expect((await store.openRun({ ...key, inputKey: "/other" })).run.recipeRunId).toBe(2);
    expect((await store.openRun(key, { recipeRunId: 40 })).run.recipeRunId).toBe(40);
    expect((await store.openRun(key, { fresh: true })).run.recipeRunId).toBe(41);
  });

  test("an unfinished run goes on, and a finished one does not", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    expect(await store.openRun(key)).toMatchObject({ resumed: true, run: { recipeRunId: 1, status: "running" } });
    await using lease = await store.lease(1);
    await lease.write({ status: "done" });
    expect(await store.findRun(key)).toBeUndefined();
    expect(await store.openRun(key)).toMatchObject({ resumed: false, run: { recipeRunId: 2 } });
  });

  test("a finished run goes on when it is named", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    await using lease = await store.lease(1);
    await lease.write({ status: "done" });
    expect(await store.openRun(key, { recipeRunId: 1 })).toMatchObject({ resumed: true, run: { status: "done" } });
  });

  test("a run of another version or input is refused under its id, with what differs", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    const asked = { ...key, version: "2.0.0", inputKey: "/new" };
    await expect(store.openRun(asked, { recipeRunId: 1 })).rejects.toMatchObject({
      code: "RUN_MISMATCH",
      message: expect.stringContaining("version 1.0.0, not 2.0.0; input /in, not /new"),
    });
  });

  test("a fresh run cannot take an id that is taken", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    await expect(store.openRun(key, { recipeRunId: 1, fresh: true })).rejects.toMatchObject({ code: "RUN_EXISTS" });
  });

  test("processes that open a new store at the same time agree on one run", async () => {
    const script = `
      import { openSqliteRunStore } from ${JSON.stringify(new URL("../../src/workflow/sqlite-run-store.ts", import.meta.url).href)};
      await using store = await openSqliteRunStore(${JSON.stringify(path)});
      const { run, resumed } = await store.openRun(${JSON.stringify(key)});
      console.log(run.recipeRunId, resumed);`;
    const outputs = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
        let output = "";
        child.stdout.on("data", (chunk) => {
          output += chunk;
        });
        child.stderr.on("data", (chunk) => {
          output += chunk;
        });
        await once(child, "close");
        return output.trim();
      }),
    );
    expect(outputs.sort()).toEqual(["1 false", "1 true", "1 true", "1 true"]);
  });
});

describe("the record", () => {
  test("holds runs, nodes, attempts and events as they were written", async () => {
    const at = "2026-01-02T03:04:05.000Z";
    const report = {
      task: "Load",
      attempt: 1,
      startedAt: at,
      endedAt: at,
      elapsedMs: 5,
      reads: ["a"],
      writes: [],
      peakMemoryBytes: 7,
    };
    {
      await using store = await openSqliteRunStore(path, { clock: fixedClock(new Date(at)) });
      await store.openRun(key);
      await using lease = await store.lease(1);
      const attempt = await lease.startAttempt({ task: "Load", fingerprint });
      expect(attempt).toMatchObject({ task: "Load", attempt: 1, state: "starting", output: [] });
      await lease.write({ attempt: { task: "Load", attempt: 1, state: "running", process: identifyProcess(4242) } });
      await lease.write({
        attempt: { task: "Load", attempt: 1, state: "done", report, output: ["hello"] },
        nodes: [{ task: "Load", status: "done", fingerprint, blockedBy: [] }],
        events: [{ type: "task-finished", recipeRunId: 1, at, task: "Load", attempt: 1, report }],
      });
    }
    await using store = await openSqliteRunStore(path);
    expect(await store.run(1)).toEqual({ ...key, recipeRunId: 1, status: "running", createdAt: at, updatedAt: at });
    expect(await store.nodes(1)).toEqual([{ task: "Load", status: "done", fingerprint, blockedBy: [], updatedAt: at }]);
    expect(await store.attempts(1)).toEqual([
      {
        task: "Load",
        attempt: 1,
        pid: 4242,
        state: "done",
        states: [
          { state: "starting", at },
          { state: "running", at },
          { state: "done", at },
        ],
        error: undefined,
        report,
        output: ["hello"],
      },
    ]);
    expect(await store.events(1)).toEqual([
      { type: "task-finished", recipeRunId: 1, at, task: "Load", attempt: 1, report },
    ]);
  });

  test("keeps the files of an attempt once, though its last event tells them too", async () => {
    const at = "2026-01-02T03:04:05.000Z";
    const times = { startedAt: at, endedAt: at, elapsedMs: 5, peakMemoryBytes: 7 };
    const report = { task: "Load", attempt: 1, ...times, reads: ["read-once.fits"], writes: [] };
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    await using lease = await store.lease(1);
    await lease.startAttempt({ task: "Load", fingerprint });
    const event = { type: "task-finished", recipeRunId: 1, at, task: "Load", attempt: 1, report } as const;
    await lease.write({ attempt: { task: "Load", attempt: 1, state: "done", report }, events: [event] });
    expect(await store.events(1)).toEqual([event]);
    using database = new DatabaseSync(path);
    expect(database.prepare("SELECT event FROM events").get()?.event).not.toContain("read-once");
    expect(database.prepare("SELECT report FROM attempts").get()?.report).toContain("read-once");
  });

  test("attempts count per task, and stand in the order in which they started", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    await using lease = await store.lease(1);
    const numbers = [];
    for (const task of ["Load", "Reduce", "Load"]) {
      const { attempt } = await lease.startAttempt({ task, fingerprint });
      numbers.push([task, attempt]);
    }
    expect(numbers).toEqual([
      ["Load", 1],
      ["Reduce", 1],
      ["Load", 2],
    ]);
    expect((await store.attempts(1)).map(({ task, attempt }) => [task, attempt])).toEqual(numbers);
  });

  test("a write that fails half way leaves nothing", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    await using lease = await store.lease(1);
    const bad = { task: "Load", status: undefined, fingerprint, blockedBy: [] } as never;
    await expect(lease.write({ status: "failed", nodes: [bad] })).rejects.toThrow();
    expect(await store.run(1)).toMatchObject({ status: "running" });
    expect(await store.nodes(1)).toEqual([]);
  });
});

describe("the lease", () => {
  test("refuses a second runner, naming the first", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    await using _held = await store.lease(1);
    await expect(store.lease(1)).rejects.toMatchObject({
      code: "RUN_LEASED",
      message: expect.stringMatching(new RegExp(`process ${process.pid} on .+, since 20\\d\\d-`)),
    });
  });

  test("of a process of this machine holds as long as that lives, though it has expired", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    await leaseFromElsewhere(identifyProcess(process.ppid), 0);
    await expect(store.lease(1)).rejects.toMatchObject({ code: "RUN_LEASED", fields: { pid: process.ppid } });
  });

  test("is free again once it is given back, and its epoch has grown", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    const first = await store.lease(1);
    await first[Symbol.asyncDispose]();
    await using second = await store.lease(1);
    expect(second.epoch).toBe(first.epoch + 1);
    await expect(first.write({ status: "done" })).rejects.toMatchObject({ code: "RUN_LEASE_LOST" });
  });

  test("is taken over from a process of this machine that is dead, though it has not expired", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    const { pid } = spawnSync("true");
    await leaseFromElsewhere({ ...identifyProcess(process.pid), pid }, inAnHour());
    await using lease = await store.lease(1);
    expect(lease.epoch).toBe(2);
  });

  test("is taken over where the pid now belongs to another process", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    await leaseFromElsewhere({ ...identifyProcess(process.ppid), started: "another time" }, inAnHour());
    await using lease = await store.lease(1);
    expect(lease.epoch).toBe(2);
  });

  test("of another machine holds until it expires", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    const owner = { host: "elsewhere", pid: 1, started: "" };
    await leaseFromElsewhere(owner, inAnHour());
    await expect(store.lease(1)).rejects.toMatchObject({ code: "RUN_LEASED", fields: { host: "elsewhere" } });
    using database = new DatabaseSync(path);
    database.prepare("UPDATE leases SET expires_ms = 0").run();
    await using lease = await store.lease(1);
    expect(lease.epoch).toBe(2);
  });

  test("that was taken over refuses every write of its old owner", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    const old = await store.lease(1);
    await old.startAttempt({ task: "Load", fingerprint });
    forget(1);
    await using lease = await store.lease(1);
    await expect(old.renew()).rejects.toMatchObject({ code: "RUN_LEASE_LOST" });
    await expect(old.startAttempt({ task: "Load", fingerprint })).rejects.toMatchObject({ code: "RUN_LEASE_LOST" });
    await expect(old.write({ status: "done" })).rejects.toMatchObject({ code: "RUN_LEASE_LOST" });
    await old[Symbol.asyncDispose]();
    await lease.write({ status: "failed" });
    expect(await store.run(1)).toMatchObject({ status: "failed" });
    expect(await store.attempts(1)).toHaveLength(1);
  });

  test("hands the new owner the attempts that were left open, recorded as lost", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    const old = await store.lease(1);
    await old.startAttempt({ task: "Load", fingerprint });
    const ghost = identifyProcess(process.ppid);
    await old.write({ attempt: { task: "Load", attempt: 1, state: "running", process: ghost } });
    forget(1);
    await using lease = await store.lease(1);
    expect(lease.ghosts).toEqual([ghost]);
    expect(await store.attempts(1)).toMatchObject([{ state: "lost", error: { code: "ATTEMPT_LOST" } }]);
    expect(await store.nodes(1)).toMatchObject([{ task: "Load", status: "interrupted" }]);
  });

  test("of a run that is not there is refused", async () => {
    await using store = await openSqliteRunStore(path);
    await expect(store.lease(9)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  });
});

describe("the file", () => {
  test("that cannot be used is refused when the store is opened", async () => {
    await expect(openSqliteRunStore("/dev/null/runs.sqlite")).rejects.toMatchObject({
      code: "DATABASE_UNUSABLE",
      message: expect.stringContaining("record of runs /dev/null/runs.sqlite"),
    });
  });

  test("keeps a write-ahead log", async () => {
    await using store = await openSqliteRunStore(path);
    await store.openRun(key);
    using database = new DatabaseSync(path);
    expect(database.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  });
});

describe("a process", () => {
  test("is alive while it runs and not after", async () => {
    const child = spawn("sleep", ["60"]);
    const identity = identifyProcess(child.pid!);
    expect(isProcessAlive(identity)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isProcessAlive(identity)).toBe(false);
  });

  test("of another machine is neither", () => {
    expect(isProcessAlive({ ...identifyProcess(process.pid), host: "elsewhere" })).toBeUndefined();
  });
});
