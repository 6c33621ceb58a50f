import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { raiseFence } from "../../src/scratch/fence.ts";
import { describeWithRedis } from "../servers/with-server.ts";
import { bytes, eachInventory, freshRunId, redisAt, testRun } from "./each-inventory.ts";

eachInventory((makeRun) => {
  test("a purge leaves nothing of the run: files, tags, counters, constants, audit, our own keys", async () => {
    const run = await makeRun();
    const token = await raiseFence(run.driver, run.recipeRunId, "Task");
    const other = await run.open("Other");
    await other.write(bytes("1"), ["A"], { relativePath: "a" });
    await using scratch = await run.open("Task", token);
    await scratch.write(bytes("2"), ["A"]);
    await scratch.write(bytes("3"), ["A"], { relativePath: "a", overwrite: true });
    await scratch.constants.set("C", 1);
    await scratch.purge();
    expect(await run.driver.keys(`${run.recipeRunId}:`)).toEqual([]);
    expect(existsSync(run.folder)).toBe(false);
    await scratch.purge();
  });

  test("a purge beside tasks that write ends, and they are told", async () => {
    const run = await makeRun();
    const ends: unknown[] = [];
    for (let round = 0; round < 3; round += 1) {
      const scratch = await run.open("Task", await raiseFence(run.driver, run.recipeRunId, "Task"));
      const ended = (async () => {
        for (;;) await scratch.write(bytes("1"), ["A"]);
      })().catch((error: unknown) => ends.push(error));
      while ((await run.files()).length < 20) await setImmediate();
      await (await run.open("Teardown", await raiseFence(run.driver, run.recipeRunId, "Teardown"))).purge();
      await ended;
    }
    for (const end of ends) expect(end).toMatchObject({ code: "SCRATCH_FOLDER_LOST" });
    await (await run.open("Teardown")).purge();
    expect([existsSync(run.folder), await run.driver.keys(`${run.recipeRunId}:`)]).toEqual([false, []]);
  });

  test("a purge that files come into all the time says so, and a second one finishes it", async () => {
    const run = await makeRun();
    const scratch = await run.open("Task");
    await scratch.write(bytes("1"), ["A"]);
    let isOver = false;
    let count = 0;
    const transfer = (async () => {
      while (!isOver) {
        mkdirSync(join(run.folder, "in"), { recursive: true });
        for (let i = 0; i < 20; i += 1) writeFileSync(join(run.folder, "in", String(count + i)), "1");
        count += 20;
        await setImmediate();
      }
    })();
    const purging = scratch.purge();
    await expect(purging).rejects.toMatchObject({ code: "SCRATCH_IN_USE", disposition: "retry" });
    isOver = true;
    await transfer;
    await (await run.open("Task")).purge();
    expect([existsSync(run.folder), await run.driver.keys(`${run.recipeRunId}:`)]).toEqual([false, []]);
  });

  test("runs whose numbers begin alike do not see each other", async () => {
    const run = await makeRun();
    const longer = `${run.recipeRunId}0`;
    await run.driver.add([[`${longer}:path:A`, "x"]]);
    await using scratch = await run.open("Task");
    await scratch.write(bytes("1"), ["B"]);
    expect(await scratch.allTags()).toEqual(["B"]);
    await scratch.purge();
    expect(await run.driver.keys(`${longer}:`)).toEqual([`${longer}:path:A`]);
    await run.driver.drop([`${longer}:path:A`]);
  });
});

describeWithRedis("on redis", (url) => {
  test("two runs that share a database, n and n + 15, do not see each other, and a foreign key survives", async () => {
    const id = freshRunId();
    const one = await testRun((n) => redisAt(url, n), id);
    const other = await testRun((n) => redisAt(url, n), id + 15);
    const foreign = `foreign-${id}`;
    await one.driver.add([[foreign, "x"]]);
    expect(await other.driver.members([foreign])).toEqual([["x"]]);
    await using scratchOfOne = await one.open("Task");
    await using scratchOfOther = await other.open("Task");
    await scratchOfOne.write(bytes("1"), ["A"]);
    await scratchOfOther.write(bytes("2"), ["A"]);
    await scratchOfOther.constants.set("C", 1);
    expect(await scratchOfOne.find("A")).toEqual([`${one.folder}/A_1.dat`]);
    expect(await scratchOfOne.constants.has("C")).toBe(false);
    await scratchOfOne.purge();
    expect(await scratchOfOther.find("A")).toEqual([`${other.folder}/A_1.dat`]);
    expect(await scratchOfOther.constants.get("C")).toBe(1);
    expect(await one.driver.members([foreign])).toEqual([["x"]]);
    await one.driver.drop([foreign]);
  });
});
