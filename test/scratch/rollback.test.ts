import fs from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { raiseFence } from "../../src/scratch/fence.ts";
import type { Entry, InventoryDriver } from "../../src/scratch/inventory-driver.ts";
import { openScratch, type Scratch } from "../../src/scratch/scratch.ts";
import { bytes, eachInventory, type TestRun } from "./each-inventory.ts";

// On memory, sqlite and redis.
eachInventory((makeRun) => {
  /** Another task's files, tags and constants, which have to survive. */
  const withOtherTask = async () => {
    const run = await makeRun();
    await using other = await run.open("Other");
    await other.write(bytes("keep"), ["INPUT", "SHARED"], { relativePath: "keep" });
    await other.write(bytes("old"), ["INPUT", "OLD"], { relativePath: "old" });
    await other.constants.set("KEPT", 1);
    await other.genericName(["INPUT"]);
    return { run, before: { facts: await run.facts(), files: await run.files() } };
  };
  const expectAsBefore = async (run: TestRun, before: { facts: unknown; files: unknown }) => {
    expect(await run.facts()).toEqual(before.facts);
    expect(await run.files()).toEqual(before.files);
    expect(await readFile(join(run.folder, "old"), "utf8")).toBe("old");
  };
  const everything = async (scratch: Scratch) => {
    await scratch.write(bytes("a"), ["INPUT", "NEW"], { relativePath: "new/a" });
    await scratch.write(bytes("b"), ["OUTPUT"]);
    await scratch.write(bytes("c"), ["INPUT"]);
    await scratch.write(bytes("newer"), ["OLD", "CHANGED"], { relativePath: "old", overwrite: true });
    await scratch.write(bytes("newest"), ["CHANGED2"], { relativePath: "old", overwrite: true });
    await scratch.tag(["keep", "new/a"], ["SHARED", "EXTRA"]);
    await scratch.untag("keep", ["INPUT"]);
    await scratch.remove("keep");
    await scratch.write(bytes("instead"), ["INSTEAD"], { relativePath: "keep" });
    await scratch.reserve("never-arrived");
    await scratch.constants.set("MINE", 2);
  };

  test("everything that the task did is undone, and nothing else", async () => {
    const { run, before } = await withOtherTask();
    await using scratch = await run.open("Task");
    await everything(scratch);
    await scratch.rollback();
    await expectAsBefore(run, before);
    expect(await readFile(join(run.folder, "keep"), "utf8")).toBe("keep");
  });

  test("a task that runs again after it makes the same names", async () => {
    const { run } = await withOtherTask();
    const first = await run.open("Task");
    await everything(first);
    const [facts, files] = [await run.facts(), await run.files()];
    const second = await run.open("Task");
    await second.rollback();
    await everything(second);
    expect(await run.facts()).toEqual(facts);
    expect((await run.files()).filter((path) => !path.startsWith(".firstlight/"))).toEqual(
      files.filter((path) => !path.startsWith(".firstlight/")),
    );
  });

  test("what another task did meanwhile to the same tags and counters survives", async () => {
    const run = await makeRun();
    const mine = await run.open("Mine");
    const theirs = await run.open("Theirs");
    await mine.write(bytes("1"), ["NEW"], { relativePath: "mine" });
    await theirs.write(bytes("2"), ["NEW"], { relativePath: "theirs" });
    await theirs.tag("theirs", ["ALSO"]);
    await mine.tag("theirs", ["NEW", "ALSO", "BY_MINE"]);
    await theirs.tag("mine", ["BY_THEIRS"]);
    expect([await mine.genericName(["X"]), await theirs.genericName(["X"]), await mine.genericName(["X"])]).toEqual([
      "X_1.dat",
      "X_2.dat",
      "X_3.dat",
    ]);
    await mine.rollback();
    expect(await theirs.tags("theirs")).toEqual(["ALSO", "NEW"]);
    expect(await theirs.allTags()).toEqual(["ALSO", "NEW"]);
    expect(await run.files()).toEqual(["theirs"]);
    expect(await mine.genericName(["X"])).toBe("X_3.dat");
  });

  test("a constant that another task set first is not taken from it", async () => {
    const run = await makeRun();
    const mine = await run.open("Mine");
    await (await run.open("Theirs")).constants.set("C", 1);
    await expect(mine.constants.set("C", 2)).rejects.toMatchObject({ code: "CONSTANT_EXISTS" });
    // As a crash leaves it between audit and value.
    await run.driver.add(auditOf(run, "constants_audit:SET_Mine", "C"));
    await mine.rollback();
    expect(await mine.constants.get("C")).toBe(1);
  });

  test("a task whose attempt succeeded can be undone later, also what it overwrote", async () => {
    const { run, before } = await withOtherTask();
    {
      await using scratch = await run.open("Task");
      await everything(scratch);
    }
    await using later = await run.open("Task");
    await later.rollback();
    await expectAsBefore(run, before);
  });

  test("after a commit the earlier versions are let go", async () => {
    const { run } = await withOtherTask();
    await using scratch = await run.open("Task");
    await scratch.write(bytes("newer"), [], { relativePath: "old", overwrite: true });
    await scratch.commit();
    expect(await run.files()).toEqual(["keep", "old"]);
    await scratch.rollback();
    expect(await run.files()).toEqual(["keep", "old"]);
    expect(await readFile(join(run.folder, "old"), "utf8")).toBe("newer");
  });

  test("a file that a later task has overwritten for good stays when the task that made it is undone, and when that task is", async () => {
    const run = await makeRun();
    await using maker = await run.open("Maker");
    await maker.write(bytes("first"), ["A"], { relativePath: "f" });
    await using later = await run.open("Later");
    await later.write(bytes("later"), ["B"], { relativePath: "f", overwrite: true });
    await later.commit();
    await maker.rollback();
    expect(await later.tags("f")).toEqual(["B"]);
    await later.rollback();
    expect(await run.files()).toEqual([]);
    expect(await run.facts()).toEqual({});
  });

  test("a task that announced that it will replace a file, and did not come to it, keeps nobody from undoing that file", async () => {
    const run = await makeRun();
    const maker = await run.open("Maker");
    await maker.write(bytes("first"), ["A"], { relativePath: "f" });
    const { basePath, recipeRunId } = run;
    // Its announcement is the first write that it makes.
    const later = await openScratch({
      basePath,
      recipeRunId,
      taskName: "Later",
      driver: failingAfter(run.driver, 1).driver,
    });
    await expect(later.remove("f")).rejects.toThrow("killed");
    await maker.rollback();
    expect(await run.files()).toEqual([]);
    await maker.write(bytes("second"), ["A"], { relativePath: "f" });
    await (await run.open("Later")).rollback();
    expect(await readFile(join(run.folder, "f"), "utf8")).toBe("second");
    expect(await maker.tags("f")).toEqual(["A"]);
  });

  test("a tag that two tasks gave to another's file stays until both are undone", async () => {
    for (const order of [
      ["One", "Two"],
      ["Two", "One"],
    ]) {
      const { run, before } = await withOtherTask();
      await (await run.open("One")).tag(["keep", "old"], ["BOTH", "ONE"]);
      await (await run.open("Two")).tag("keep", ["BOTH", "INPUT"]);
      const scratch = await run.open(order[0] ?? "");
      await scratch.rollback();
      expect(await scratch.tags("keep")).toEqual(
        order[0] === "One" ? ["BOTH", "INPUT", "SHARED"] : ["BOTH", "INPUT", "ONE", "SHARED"],
      );
      await (await run.open(order[1] ?? "")).rollback();
      await expectAsBefore(run, before);
    }
  });

  test("a number that another task draws while a rollback gives some back is given to nobody else", async () => {
    for (const when of ["before", "after"] as const) {
      const run = await makeRun();
      const [mine, theirs] = [await run.open("Mine"), await run.open("Theirs")];
      await mine.genericName(["X"]);
      await mine.genericName(["X"]);
      const names: string[] = [];
      const driver: InventoryDriver = {
        ...run.driver,
        async increment(key, by, options) {
          // Between the look at the counter and the step down, and once that is made.
          const isStep = by !== 0;
          if (isStep && when === "before" && names.length === 0) names.push(await theirs.genericName(["X"]));
          const value = await run.driver.increment(key, by, options);
          if (isStep && when === "after") {
            names.push(await theirs.genericName(["X"]));
            throw new Error("killed");
          }
          return value;
        },
      };
      const { basePath, recipeRunId } = run;
      const dying = await openScratch({ basePath, recipeRunId, taskName: "Mine", driver });
      await dying.rollback().catch(() => undefined);
      await (await run.open("Mine")).rollback();
      expect(names).toEqual([when === "before" ? "X_3.dat" : "X_1.dat"]);
      expect(await theirs.genericName(["X"])).toBe(when === "before" ? "X_4.dat" : "X_2.dat");
    }
  });

  test("numbers come back in whatever order those are undone who drew them, also where a rollback is killed", async () => {
    for (const order of ["ABC", "ACB", "BAC", "BCA", "CAB", "CBA"]) {
      for (const killed of [0, 1, 2, 3, 4]) {
        const run = await makeRun();
        for (const task of "ABCAB") await (await run.open(task)).genericName(["X"]);
        let left = killed;
        const driver: InventoryDriver = {
          ...run.driver,
          async exchange(...asked) {
            const done = await run.driver.exchange(...asked);
            left -= 1;
            if (left === 0) throw new Error("killed");
            return done;
          },
        };
        const { basePath, recipeRunId } = run;
        for (const taskName of order) {
          const dying = await openScratch({ basePath, recipeRunId, taskName, driver });
          await dying.rollback().catch(() => dying.rollback());
        }
        expect(await run.facts()).toEqual({});
        expect(await (await run.open("A")).genericName(["X"])).toBe("X_1.dat");
      }
    }
  });

  test("a number that was given back below another's is not given out while that one stands", async () => {
    const run = await makeRun();
    const [a, b, c] = [await run.open("A"), await run.open("B"), await run.open("C")];
    for (const each of [a, b]) await each.genericName(["X"]);
    await a.rollback();
    expect(await c.genericName(["X"])).toBe("X_3.dat");
    await b.rollback();
    expect(await a.genericName(["X"])).toBe("X_4.dat");
    await c.rollback();
    await a.rollback();
    expect(await run.facts()).toEqual({});
  });

  test("a constant that another task sets while a rollback is dead stays", async () => {
    const run = await makeRun();
    const [mine, theirs] = [await run.open("Mine"), await run.open("Theirs")];
    await mine.constants.set("C", 1);
    const driver: InventoryDriver = {
      ...run.driver,
      async drop(keys, options) {
        if (keys.some((key) => key.includes("firstlight_made"))) throw new Error("killed");
        await run.driver.drop(keys, options);
      },
    };
    const { basePath, recipeRunId } = run;
    const dying = await openScratch({ basePath, recipeRunId, taskName: "Mine", driver });
    await expect(dying.rollback()).rejects.toThrow("killed");
    await theirs.constants.set("C", 1);
    await (await run.open("Mine")).rollback();
    expect(await theirs.constants.get("C")).toBe(1);
  });

  test("two writes of one new path at once: one gets it, and a rollback takes it away", async () => {
    const run = await makeRun();
    const first = await run.open("Task");
    const write = (text: string) => first.write(bytes(text), ["A"], { relativePath: "same.dat" });
    const results = await Promise.allSettled([write("1"), write("2")]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(results.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "SCRATCH_FILE_EXISTS" },
    });
    const second = await run.open("Task");
    await second.rollback();
    expect(await run.facts()).toEqual({});
    expect(await run.files()).toEqual([]);
    expect(await second.write(bytes("3"), ["A"], { relativePath: "same.dat" })).toBe("same.dat");
  });

  test("many counters are given back as few are: in one step", async () => {
    const run = await makeRun();
    const drops = async (count: number): Promise<number> => {
      const first = await run.open("Task");
      for (let i = 0; i < count; i += 1) await first.genericName([`X_${i}`]);
      let calls = 0;
      const driver: InventoryDriver = {
        ...run.driver,
        drop(keys, write) {
          calls += 1;
          return run.driver.drop(keys, write);
        },
      };
      const { basePath, recipeRunId } = run;
      await (await openScratch({ basePath, recipeRunId, taskName: "Task", driver })).rollback();
      expect(await run.facts()).toEqual({});
      return calls;
    };
    expect(await drops(20)).toBe(await drops(1));
  });

  test("rolling back what never ran changes nothing", async () => {
    const { run, before } = await withOtherTask();
    await using scratch = await run.open("Task");
    await scratch.rollback();
    await scratch.rollback();
    await expectAsBefore(run, before);
  });

  test("what an audit of a Python task says is undone", async () => {
    const { run, before } = await withOtherTask();
    const key = (name: string) => `${run.recipeRunId}:${name}`;
    const path = join(run.folder, "python.dat");
    await writeFile(path, "python");
    await run.driver.add([
      [key("scratch_audit:WRITE_Task"), path],
      [key("scratch_audit:WRITE_Task"), "/elsewhere/never/touched"],
      [key("path:INPUT"), path],
      [key("scratch_audit:TAG_Task"), "PYTHON"],
      [key("path:PYTHON"), path],
      [key("path:PYTHON"), join(run.folder, "keep")],
      [key("constants_audit:SET_Task"), "P"],
      [key("constant:P"), "1.0"],
    ]);
    await using scratch = await run.open("Task");
    await scratch.rollback();
    await expectAsBefore(run, before);
  });

  test("what Python's rollback of the task left undone is done: a file that was overwritten is back with its tags", async () => {
    const { run, before } = await withOtherTask();
    await using scratch = await run.open("Task");
    await scratch.write(bytes("newer"), ["CHANGED"], { relativePath: "old", overwrite: true });
    await scratch.write(bytes("newest"), ["CHANGED"], { relativePath: "old", overwrite: true });
    await scratch.untag("keep", ["INPUT"]);
    // As Python does it: the audited file goes with all its tags, then the new tags, then the audit.
    const key = (name: string) => `${run.recipeRunId}:${name}`;
    const old = join(run.folder, "old");
    await rm(old);
    await run.driver.remove(["INPUT", "OLD"].map((tag) => [key(`path:${tag}`), old] as const));
    await run.driver.drop(["path:CHANGED", "scratch_audit:WRITE_Task", "scratch_audit:TAG_Task"].map(key));
    await using later = await run.open("Task");
    await later.rollback();
    await expectAsBefore(run, before);
  });

  test("after Python's purge no tag comes back for a file that is gone", async () => {
    const { run } = await withOtherTask();
    await using scratch = await run.open("Task");
    await everything(scratch);
    await rm(run.folder, { recursive: true });
    const keys = await run.driver.keys(`${run.recipeRunId}:`);
    await run.driver.drop(keys.filter((key) => !key.includes(":firstlight_")));
    await using later = await run.open("Task");
    await later.rollback();
    expect(Object.keys(await run.facts()).filter((name) => !name.startsWith("firstlight_"))).toEqual([]);
    expect(await run.files()).toEqual([]);
  });

  test("a rollback that is killed at any of its steps is finished by the next", async () => {
    const { run, before } = await withOtherTask();
    for (let step = 0; ; step += 1) {
      await everything(await run.open("Task"));
      const { driver, calls } = failingAfter(run.driver, step);
      const options = { basePath: run.basePath, recipeRunId: run.recipeRunId, taskName: "Task" };
      const broken = await (await openScratch({ ...options, driver })).rollback().then(
        () => false,
        () => true,
      );
      await (await run.open("Task")).rollback();
      expect(await run.facts()).toEqual(before.facts);
      expect((await run.files()).filter((path) => !path.startsWith(".firstlight/"))).toEqual(before.files);
      if (!broken) {
        expect(calls()).toBeGreaterThan(5);
        break;
      }
    }
  }, 120_000);

  test("an attempt that is killed at any of its steps is undone whole", async () => {
    const { run, before } = await withOtherTask();
    for (let step = 0; ; step += 1) {
      const { driver } = failingAfter(run.driver, step);
      const options = { basePath: run.basePath, recipeRunId: run.recipeRunId, taskName: "Task" };
      const scratch = await openScratch({ ...options, driver });
      const broken = await everything(scratch).then(
        () => false,
        () => true,
      );
      await (await run.open("Task")).rollback();
      expect(await run.facts()).toEqual(before.facts);
      expect((await run.files()).filter((path) => !path.startsWith(".firstlight/"))).toEqual(before.files);
      if (!broken) break;
    }
  }, 120_000);

  test("a constant never stands without the audit by which Python undoes it, wherever its task is killed", async () => {
    const seen: string[] = [];
    for (let step = 0; ; step += 1) {
      const run = await makeRun();
      // What is written as a run is opened first.
      await run.open("Other");
      const { driver } = failingAfter(run.driver, step);
      const { basePath, recipeRunId } = run;
      await using scratch = await openScratch({ basePath, recipeRunId, taskName: "Task", driver });
      const broken = await scratch.constants.set("MINE", 2).then(
        () => false,
        () => true,
      );
      const facts = await run.facts();
      const [value, audit] = [facts["constant:MINE"], facts["constants_audit:SET_Task"]];
      seen.push(`${value === undefined ? "" : "set"} ${audit === undefined ? "" : "audited"}`.trim());
      if (!broken) break;
    }
    expect(seen).not.toContain("set");
    expect(seen.slice(-2)).toEqual(["audited", "set audited"]);
  });

  test("a tag that the maker of a file gives it as well stays when the other who gave it is undone", async () => {
    for (const how of ["tag", "write"] as const) {
      const run = await makeRun();
      const maker = await run.open("Maker");
      await maker.write(bytes("1"), ["FRAME"], { relativePath: "f" });
      await (await run.open("Other")).tag("f", ["GOOD"]);
      if (how === "tag") await maker.tag("f", ["GOOD"]);
      else await maker.write(bytes("2"), ["GOOD"], { relativePath: "f", overwrite: true });
      await (await run.open("Other")).rollback();
      expect(await maker.tags("f")).toEqual(["FRAME", "GOOD"]);
      await (await run.open("Maker")).rollback();
      expect(await run.facts()).toEqual({});
    }
  });

  test("a tag that a task gave and took again is not kept by it when another is undone", async () => {
    const run = await makeRun();
    await (await run.open("Maker")).write(bytes("1"), ["FRAME"], { relativePath: "f" });
    const task = await run.open("Task");
    await task.tag("f", ["FRAME"]);
    await task.untag("f", ["FRAME"]);
    await (await run.open("Other")).tag("f", ["FRAME"]);
    await (await run.open("Other")).rollback();
    expect(await task.tags("f")).toEqual([]);
  });

  describe("fencing", () => {
    const attempt = async (run: TestRun) => run.open("Task", await raiseFence(run.driver, run.recipeRunId, "Task"));

    test("an attempt that a newer one replaced can change nothing any more", async () => {
      const { run, before } = await withOtherTask();
      const zombie = await attempt(run);
      await zombie.write(bytes("z"), ["Z"], { relativePath: "z" });
      const newer = await attempt(run);
      await newer.rollback();
      const refused = { code: "ATTEMPT_FENCED", disposition: "fatal" };
      await expect(zombie.write(bytes("z"), ["Z"], { relativePath: "z" })).rejects.toMatchObject(refused);
      await expect(zombie.write(bytes("z"), ["Z"])).rejects.toMatchObject(refused);
      await expect(zombie.tag("keep", ["Z"])).rejects.toMatchObject(refused);
      await expect(zombie.untag("keep", ["INPUT"])).rejects.toMatchObject(refused);
      await expect(zombie.remove("keep")).rejects.toMatchObject(refused);
      await expect(zombie.reserve("r")).rejects.toMatchObject(refused);
      await expect(zombie.constants.set("Z", 1)).rejects.toMatchObject(refused);
      await expect(zombie.rollback()).rejects.toMatchObject(refused);
      await expect(zombie.commit()).rejects.toMatchObject(refused);
      await expect(zombie.purge()).rejects.toMatchObject(refused);
      await expectAsBefore(run, before);
      await newer.write(bytes("n"), ["N"], { relativePath: "z" });
      expect(await readFile(join(run.folder, "z"), "utf8")).toBe("n");
    });

    test("one that slept between its audit and its file puts no file there", async () => {
      const { run, before } = await withOtherTask();
      const sleeper = sleepingBefore(run.driver, "add");
      const token = await raiseFence(run.driver, run.recipeRunId, "Task");
      const options = { basePath: run.basePath, recipeRunId: run.recipeRunId, taskName: "Task" };
      const zombie = await openScratch({ ...options, driver: sleeper.driver, token });
      const work = [
        zombie.write(bytes("z"), ["Z"], { relativePath: "z" }),
        zombie.write(bytes("z"), ["Z"], { relativePath: "old", overwrite: true }),
        zombie.remove("keep"),
      ].map((writing) => writing.catch((error: unknown) => error));
      await sleeper.reached(3);
      const newer = await attempt(run);
      await newer.rollback();
      sleeper.wake();
      for (const result of await Promise.all(work)) expect(result).toMatchObject({ code: "ATTEMPT_FENCED" });
      await expectAsBefore(run, before);
      expect(await readFile(join(run.folder, "keep"), "utf8")).toBe("keep");
    });

    test("one that slept while its transfer was under way, or gave a file its name, brings nothing", async () => {
      for (const when of ["under way", "fence passed"] as const) {
        const { run, before } = await withOtherTask();
        const { driver, reached, wake } = sleepingBefore(run.driver, "add");
        const token = await raiseFence(run.driver, run.recipeRunId, "Task");
        const options = { basePath: run.basePath, recipeRunId: run.recipeRunId, taskName: "Task", token };
        const reserving = await openScratch({ ...options, driver: run.driver });
        const path = await reserving.reserve("arrives");
        const gate: InventoryDriver = {
          ...run.driver,
          add: async (entries, write) => {
            const added = await run.driver.add(entries, write);
            // The look at the fence.
            if (when === "fence passed") await driver.add([["asleep", "1"]]);
            return added;
          },
        };
        const zombie = await openScratch({ ...options, driver: gate });
        const temporary = join(zombie.landing.folder, "on its way");
        await writeFile(temporary, "late");
        const landing = when === "fence passed" ? zombie.landing.land(temporary, path) : undefined;
        landing?.catch(() => undefined);
        if (when === "fence passed") await reached(1);
        await run.driver.drop(["asleep"]);
        await (await attempt(run)).rollback();
        wake();
        await expect(landing ?? zombie.landing.land(temporary, path)).rejects.toMatchObject({ code: "ATTEMPT_FENCED" });
        await expectAsBefore(run, before);
      }
    });

    test("one whose folders are taken right after it has kept a file of others there is told so", async () => {
      const { run, before } = await withOtherTask();
      const asked = [
        (zombie: Scratch) => zombie.write(bytes("z"), ["Z"], { relativePath: "old", overwrite: true }),
        (zombie: Scratch) => zombie.remove("keep"),
      ];
      const { open } = fs.promises;
      onTestFinished(() => {
        fs.promises.open = open;
        syncBuiltinESMExports();
      });
      for (const ask of asked) {
        const zombie = await attempt(run);
        let isTaken = false;
        fs.promises.open = async (path, ...how) => {
          if (!isTaken && /Task.kept.\d+$/.test(String(path))) {
            isTaken = true;
            await (await attempt(run)).rollback();
          }
          return open(path, ...how);
        };
        syncBuiltinESMExports();
        await expect(ask(zombie)).rejects.toMatchObject({ code: "ATTEMPT_FENCED" });
        expect(isTaken).toBe(true);
      }
      await expectAsBefore(run, before);
    });

    test("one whose folder somebody removed is told that, and of no newer attempt", async () => {
      for (const token of [1, undefined]) {
        const run = await makeRun();
        const scratch = await run.open("Task", token);
        await rm(run.folder, { recursive: true });
        const lost = { code: "SCRATCH_FOLDER_LOST", disposition: "fatal" };
        await expect(scratch.write(bytes("1"), ["A"])).rejects.toMatchObject(lost);
        await expect(scratch.write(bytes("1"), ["A"], { relativePath: "a" })).rejects.toMatchObject(lost);
      }
    });

    test("one that slept in its rollback takes no file from the attempt that came after it", async () => {
      const run = await makeRun();
      const options = { basePath: run.basePath, recipeRunId: run.recipeRunId, taskName: "Task" };
      await (await attempt(run)).write(bytes("1"), ["A"], { relativePath: "f.dat" });
      const asleep = Promise.withResolvers<void>();
      const wake = Promise.withResolvers<void>();
      const driver: InventoryDriver = {
        ...run.driver,
        async drop(keys, write) {
          await run.driver.drop(keys, write);
          asleep.resolve();
          await wake.promise;
        },
      };
      const token = await raiseFence(run.driver, run.recipeRunId, "Task");
      const zombie = await openScratch({ ...options, driver, token });
      const rolling = zombie.rollback().catch((error: unknown) => error);
      await asleep.promise;
      const newer = await attempt(run);
      await newer.rollback();
      await newer.write(bytes("3"), ["A"], { relativePath: "f.dat" });
      wake.resolve();
      expect(await rolling).toMatchObject({ code: "ATTEMPT_FENCED" });
      expect(await readFile(join(run.folder, "f.dat"), "utf8")).toBe("3");
      expect(await newer.tags("f.dat")).toEqual(["A"]);
    });

    test("other tasks are not fenced", async () => {
      const run = await makeRun();
      const other = await run.open("Another", await raiseFence(run.driver, run.recipeRunId, "Another"));
      await attempt(run);
      await attempt(run);
      expect(await other.write(bytes("1"), ["A"])).toBe("A_1.dat");
    });
  });
});

function auditOf(run: TestRun, name: string, member: string): readonly Entry[] {
  const key = `${run.recipeRunId}:${name}`;
  return [
    [key, member],
    [`${run.recipeRunId}:firstlight_audited:${name.split("_").at(-1)}`, `${key}\n${member}`],
  ];
}

/** A driver that dies with the process it stands for: after so many writes nothing is done any more. */
function failingAfter(real: InventoryDriver, writes: number): { driver: InventoryDriver; calls: () => number } {
  let calls = 0;
  const counted =
    <Args extends readonly unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (calls >= writes) throw new Error("killed");
      calls += 1;
      return work(...args);
    };
  const driver: InventoryDriver = {
    ...real,
    add: counted(real.add),
    remove: counted(real.remove),
    setOnce: counted(real.setOnce),
    exchange: counted(real.exchange),
    increment: counted(real.increment),
    drop: counted(real.drop),
  };
  return { driver, calls: () => calls };
}

/** A driver whose process is stopped after its next audits, until it is woken. */
function sleepingBefore(real: InventoryDriver, _after: "add") {
  const gate = Promise.withResolvers<void>();
  let asleep = 0;
  let whenReached: (() => void) | undefined;
  const pause = async (): Promise<void> => {
    asleep += 1;
    whenReached?.();
    await gate.promise;
  };
  const driver: InventoryDriver = {
    ...real,
    async add(entries, options) {
      const added = await real.add(entries, options);
      if (entries.length > 0) await pause();
      return added;
    },
    async exchange(exchange, options) {
      // The removed file's tags: a sleeper that has done this already has only the file left to move.
      if (exchange.entries.every(({ to }) => to === false)) return { isDone: true, changed: [] };
      const done = await real.exchange(exchange, options);
      if (done.isDone) await pause();
      return done;
    },
  };
  return {
    driver,
    wake: () => gate.resolve(),
    reached: async (count: number) => {
      while (asleep < count) await new Promise<void>((resolve) => (whenReached = resolve));
    },
  };
}
