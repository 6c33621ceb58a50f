import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type AttemptFolders, attemptFolders, type KeptFiles } from "../../src/scratch/attempt-folders.ts";
import { inventoryOf } from "../../src/scratch/inventory.ts";
import type { InventoryDriver } from "../../src/scratch/inventory-driver.ts";
import { rollBack } from "../../src/scratch/rollback.ts";
import { openScratch, type Scratch } from "../../src/scratch/scratch.ts";
import { exists } from "../../src/scratch/scratch-paths.ts";
import { bytes, eachInventory, type TestRun } from "./each-inventory.ts";

/** Called before each step, with the number of steps until then. */
type Hook = (step: number) => Promise<void>;

/** A hook that does the work once, before the step of this number; `isDone` says whether there was one. */
function once(at: number, work: () => Promise<unknown>): { hook: Hook; isDone: () => boolean } {
  let isDone = false;
  const hook: Hook = async (step) => {
    if (isDone || step !== at) return;
    isDone = true;
    await work();
  };
  return { hook, isDone: () => isDone };
}

function counted(hook: Hook): () => Promise<void> {
  let step = 0;
  return () => hook(step++);
}

/** The same object, and before each of its methods a step. */
function stepping<Of extends object>(real: Of, step: () => Promise<void>, names: readonly (keyof Of)[]): Of {
  const hooked = names.map((name) => {
    const method = real[name];
    if (typeof method !== "function") return [name, method] as const;
    const work = async (...args: readonly unknown[]): Promise<unknown> => {
      await step();
      return method.apply(real, args);
    };
    return [name, work] as const;
  });
  return { ...real, ...Object.fromEntries(hooked) };
}

const driverSteps = ["add", "remove", "members", "keys", "drop", "holders", "records", "exchange"] as const;

function steppingFolders(real: AttemptFolders, step: () => Promise<void>): AttemptFolders {
  return {
    ...stepping(real, step, ["discard", "isKeptBy", "letGo"]),
    takeOver: async () =>
      stepping<KeptFiles>(await real.takeOver(), step, ["has", "isBack", "restore", "letGo", "handOver"]),
  };
}

/** What was there before, with files that a task has made, overwritten and removed since, and is to be undone. */
async function undoneTask(run: TestRun): Promise<{ before: unknown }> {
  const maker = await run.open("Maker");
  for (const name of ["over", "over2", "removed"]) await maker.write(bytes("T"), ["RAW"], { relativePath: name });
  const before = await run.facts();
  const task = await run.open("A");
  const bad = ["BAD", "SHARED"];
  for (const name of ["made", "made2"]) await task.write(bytes("A"), bad, { relativePath: name });
  for (const name of ["over", "over2"]) await task.write(bytes("A"), bad, { relativePath: name, overwrite: true });
  await task.remove("removed");
  return { before };
}

/** Resolves to whether the file was there that it removed last: for a moment it has neither version. */
async function work(run: TestRun, other: Scratch): Promise<boolean> {
  for (const name of ["made", "over", "removed"]) {
    await other.write(bytes("B"), ["GOOD", "SHARED"], { relativePath: name, overwrite: true });
  }
  await other.remove("made2");
  const isThere = await exists(join(run.folder, "over2"));
  await other.remove("over2");
  return isThere;
}

const found = async (run: TestRun, names: readonly string[]) => {
  const scratch = await run.open("Reader");
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(run.folder, name), "utf8").catch(() => null);
      return [name, text, ...(await scratch.tags(name))].join(" ");
    }),
  );
};

async function expectOthersWork(run: TestRun, told: string, before: unknown, isRemoved: boolean): Promise<void> {
  const names = ["made", "made2", "over", "over2", "removed"];
  const now = await found(run, names);
  // Whether the version of before was back when the other wrote there, or not.
  const anew = now[4]?.includes("RAW") === true ? "removed B GOOD RAW SHARED" : "removed B GOOD SHARED";
  const over2 = isRemoved ? "over2 " : "over2 T RAW";
  expect([told, ...now]).toEqual([told, "made B GOOD SHARED", "made2 ", "over B GOOD RAW SHARED", over2, anew]);
  await (await run.open("B")).rollback();
  expect([told, ...(await found(run, names))]).toEqual([
    told,
    "made ",
    "made2 ",
    "over T RAW",
    "over2 T RAW",
    "removed T RAW",
  ]);
  expect([told, await run.facts()]).toEqual([told, before]);
}

async function rollBackBy(run: TestRun, hook: Hook): Promise<void> {
  const step = counted(hook);
  const folders = steppingFolders(
    attemptFolders({
      scratchFolder: run.folder,
      taskName: "A",
      token: undefined,
      lookAtFence: async () => undefined,
    }),
    step,
  );
  await folders.make();
  const driver = stepping<InventoryDriver>(run.driver, step, driverSteps);
  await rollBack(inventoryOf(driver, run.recipeRunId, "A", undefined), folders, run.folder);
}

// On memory, sqlite and redis.
eachInventory((makeRun) => {
  /** Every step where the inventory costs nothing, some of them elsewhere. */
  const stride = (run: TestRun): number => (run.driver.name === "memory" ? 1 : 11);

  test("what another task writes and removes while one is rolled back stays, with its tags", async () => {
    for (let at = 0; ; ) {
      const run = await makeRun();
      const { before } = await undoneTask(run);
      const other = await run.open("B");
      let isRemoved = false;
      const { hook, isDone } = once(at, async () => {
        isRemoved = await work(run, other);
      });
      await rollBackBy(run, hook);
      if (!isDone()) {
        expect(at).toBeGreaterThan(40);
        break;
      }
      await expectOthersWork(run, `before step ${at} of the rollback`, before, isRemoved);
      at += stride(run);
    }
  }, 120_000);

  test("so does what it was about to write or remove when the whole rollback went by", async () => {
    for (let at = 0; ; ) {
      const run = await makeRun();
      const { before } = await undoneTask(run);
      const { hook, isDone } = once(at, () => rollBackBy(run, async () => undefined));
      const driver = stepping<InventoryDriver>(run.driver, counted(hook), driverSteps);
      const { basePath, recipeRunId } = run;
      await work(run, await openScratch({ basePath, recipeRunId, taskName: "B", driver }));
      if (!isDone()) {
        expect(at).toBeGreaterThan(30);
        break;
      }
      await expectOthersWork(run, `the rollback before step ${at} of the other`, before, true);
      at += stride(run);
    }
  }, 120_000);
});
