import { expect, test } from "vitest";
import { raiseFence } from "../../src/scratch/fence.ts";
import type { InventoryDriver } from "../../src/scratch/inventory-driver.ts";
import { inventoryKeys } from "../../src/scratch/inventory-keys.ts";
import { bytes, eachInventory, type TestRun } from "./each-inventory.ts";

// On memory, sqlite and redis.
eachInventory((makeRun) => {
  const begin = (run: TestRun, attempt?: number, driver: InventoryDriver = run.driver) =>
    raiseFence(driver, run.recipeRunId, "Task", attempt);
  const writes = async (run: TestRun, token: number) => {
    await using scratch = await run.open("Task", token);
    return await scratch.write(bytes("1"), ["A"]).then(
      () => "written",
      (error: { code: string }) => error.code,
    );
  };

  test("an attempt that starts after a later one has begun is refused, and the later one goes on", async () => {
    const run = await makeRun();
    const second = await begin(run, 2);
    await expect(begin(run, 1)).rejects.toMatchObject({ code: "ATTEMPT_FENCED", disposition: "fatal" });
    expect(await writes(run, second)).toBe("written");
  });

  test("an attempt shuts out those before it, whatever numbers were left out", async () => {
    const run = await makeRun();
    const first = await begin(run, 1);
    const fifth = await begin(run, 5);
    expect([await writes(run, first), await writes(run, fifth)]).toEqual(["ATTEMPT_FENCED", "written"]);
  });

  test("a number that begins again shuts out the one before, as an attempt does after a rollback under its number", async () => {
    const run = await makeRun();
    const rollback = await begin(run, 3);
    const attempt = await begin(run, 3);
    expect([await writes(run, rollback), await writes(run, attempt)]).toEqual(["ATTEMPT_FENCED", "written"]);
  });

  test("runs by hand shut out what ran before them, and keep no later attempt away", async () => {
    const run = await makeRun();
    const tokens = [await begin(run), await begin(run, 1), await begin(run), await begin(run), await begin(run, 2)];
    expect(await Promise.all(tokens.map((token) => writes(run, token)))).toEqual([
      ...Array.from({ length: 4 }, () => "ATTEMPT_FENCED"),
      "written",
    ]);
  });

  test("of attempts that begin at once each has a token of its own, and the one with the greatest number wins", async () => {
    const run = await makeRun();
    const begun = await Promise.allSettled([1, 2, 3, 3, 2, 1, undefined].map((attempt) => begin(run, attempt)));
    const tokens = begun.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
    expect(new Set(tokens).size).toBe(tokens.length);
    for (const end of begun)
      if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "ATTEMPT_FENCED" });
    await expect(begin(run, 2)).rejects.toMatchObject({ code: "ATTEMPT_FENCED" });
    expect(await writes(run, Math.max(...tokens))).toBe("written");
  });

  test("what came between the look at the fence and its raising is seen", async () => {
    const run = await makeRun();
    const meanwhile = (change: () => Promise<unknown>): InventoryDriver => {
      let isFirst = true;
      return {
        ...run.driver,
        async increment(...asked) {
          const value = await run.driver.increment(...asked);
          if (isFirst) await change();
          isFirst = false;
          return value;
        },
      };
    };
    const newer = meanwhile(() => begin(run, 2));
    await expect(begin(run, 1, newer)).rejects.toMatchObject({ code: "ATTEMPT_FENCED" });
    const purge = meanwhile(() => run.driver.drop([inventoryKeys(run.recipeRunId, "Task").fence]));
    const third = await begin(run, 3, purge);
    await expect(begin(run, 2)).rejects.toMatchObject({ code: "ATTEMPT_FENCED" });
    expect(await writes(run, third)).toBe("written");
  });
});
