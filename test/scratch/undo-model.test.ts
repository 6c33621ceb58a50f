import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryInventory } from "../../src/scratch/drivers/memory.ts";
import { openScratch, type Scratch } from "../../src/scratch/scratch.ts";
import { bytes, eachInventory, type TestRun, testRun } from "./each-inventory.ts";
import { playUndo, undoSteps } from "./undo-model.ts";

/** `A write P` writes the one file with the tag, `A undo` rolls the task back; `open` has scratches that go on. */
async function play(run: TestRun, steps: string, open?: Map<string, Scratch>): Promise<readonly string[]> {
  for (const step of steps.split(", ")) {
    const [task = "", what = "", tag = ""] = step.split(" ");
    const scratch = (what === "undo" ? undefined : open?.get(task)) ?? (await run.open(task));
    open?.set(task, scratch);
    if (what === "write") await scratch.write(bytes(step), [tag], { relativePath: "x", overwrite: true });
    if (what === "tag") await scratch.tag("x", [tag]);
    if (what === "untag") await scratch.untag("x", [tag]);
    if (what === "remove") await scratch.remove("x");
    if (what === "undo") await scratch.rollback();
  }
  return (await run.open("Reader")).tags("x");
}

// On memory alone, for what is undone is reckoned above the inventory; sequences like these are played on each of them below.
test.each<readonly [steps: string, then: readonly string[]]>([
  // Taken by one and given again by another: whoever is undone first.
  ["M write P, A untag P, Z tag P, A undo", ["P"]],
  ["M write P, A untag P, Z tag P, Z undo", []],
  ["M write P, A untag P, Z tag P, A undo, Z undo", ["P"]],
  ["M write P, A untag P, Z tag P, Z undo, A undo", ["P"]],
  // What a task found given and took again is not kept by it.
  ["M write P, A tag P, A untag P, Z tag P, Z undo", []],
  ["M write P, A tag P, A untag P, Z tag P, Z undo, A undo", ["P"]],
  // The one who overwrote the file, and another who takes the tag of both.
  ["M write P, A write P, M untag P, Z tag P, Z undo", []],
  ["M write P, A write P, M untag P, Z tag P, Z undo, M undo", ["P"]],
  // Given, removed with the file, and the file made anew without it.
  ["A write P, B tag P, C remove, B write Q, Z tag P, Z undo", ["Q"]],
  ["A write P, B tag P, C remove, B write Q, C undo", ["P", "Q"]],
  // Taken by two.
  ["M write P, A untag P, Z untag P, A undo", []],
  ["M write P, A untag P, Z untag P, A undo, Z undo", ["P"]],
  // Removed by another, and made anew by the same task.
  ["B write P, A remove, B write Q, A undo", ["P", "Q"]],
  ["B write P, A remove, B write Q, B undo, A undo", []],
  ["B write P, A remove, B write P, B write P, B undo, A undo", []],
  // Given to a file that is gone, and there is another of that name.
  ["A write P, B tag Q, A undo, A write P, B undo", ["P"]],
  ["A write P, B tag Q, A undo, A write Q, B undo", ["Q"]],
  // Others' tags go with the file that they were given to, and stay on one that was written over it before.
  ["M write P, B tag Q, A write R, M undo", ["R"]],
  ["M write P, A write R, B tag Q, M undo", ["Q", "R"]],
  ["A write P, C remove, A write P, C tag P, C write Q, A undo", ["Q"]],
  // Made where another had removed one, and removed: the one of before does not come back with the other alone.
  ["B write P, A remove, C write P, C remove, A undo", []],
  ["B write P, A remove, C write P, C remove, A undo, C undo", ["P"]],
  ["B write P, A remove, C write P, C remove, C write Q, A undo", ["Q"]],
  ["B write P, A remove, C write P, C remove, C write Q, C undo", []],
  ["C write P, A remove, C write P, B write P, A write P, A undo", ["P"]],
  ["B write P, C remove, A write P, B tag Q, C write P, A write P, A undo", ["P"]],
  ["C write P, B remove, C write P, A write P, A write P, A undo", ["P"]],
  // Removed, made and removed by another, made anew by the first: who had removed it has nothing there until he comes once more.
  ["A write P, B remove, C write P, C remove, A write P, B write Q, A undo", ["Q"]],
])("%s", async (steps, then) => {
  for (const isEachItsOwn of [true, false]) {
    const run = await testRun(() => memoryInventory());
    expect(await play(run, steps, isEachItsOwn ? undefined : new Map())).toEqual(then);
    const tasks = steps.split(", ").map((step) => step.charAt(0));
    for (const task of new Set(tasks)) await (await run.open(task)).rollback();
    expect(await run.facts()).toEqual({});
    expect((await run.files()).filter((path) => !path.startsWith(".firstlight/"))).toEqual([]);
  }
});

// On memory, sqlite and redis.
eachInventory((makeRun) => {
  test("a tag that a rollback would put back goes with a file that is removed at that moment", async () => {
    for (const remover of ["M", "C"]) {
      const run = await makeRun();
      await play(run, "M write P, A untag P");
      const other = await run.open(remover);
      let isRemoved = false;
      const driver = {
        ...run.driver,
        async exchange(...asked: Parameters<typeof run.driver.exchange>) {
          const isBack = asked[0].entries.some(({ entry: [key], to }) => key.endsWith("path:P") && to === true);
          if (isBack && !isRemoved) {
            isRemoved = true;
            await other.remove("x");
          }
          return run.driver.exchange(...asked);
        },
      };
      const { basePath, recipeRunId } = run;
      await (await openScratch({ basePath, recipeRunId, taskName: "A", driver })).rollback();
      expect([isRemoved, await other.tags("x")]).toEqual([true, []]);
      await (await run.open("C")).rollback();
      expect(await other.tags("x")).toEqual(remover === "M" ? [] : ["P"]);
    }
  });

  test("of many files that others overwrote, a rollback reads no record whole", async () => {
    const run = await makeRun();
    const [maker, other] = [await run.open("M"), await run.open("A")];
    for (let i = 0; i < 40; i += 1) {
      await maker.write(bytes("M"), ["P"], { relativePath: `f${i}` });
      await other.write(bytes("A"), ["Q"], { relativePath: `f${i}`, overwrite: true });
    }
    const asked: string[] = [];
    const driver = {
      ...run.driver,
      members(keys: readonly string[]) {
        asked.push(...keys);
        return run.driver.members(keys);
      },
    };
    const { basePath, recipeRunId } = run;
    await (await openScratch({ basePath, recipeRunId, taskName: "M", driver })).rollback();
    expect(await other.find("Q")).toHaveLength(40);
    expect(await other.allTags()).toEqual(["Q"]);
    expect(asked.length).toBeLessThan(40);
    await (await run.open("A")).rollback();
    expect(await run.facts()).toEqual({});
  });

  test("whatever three tasks do to two files and two tags, what is undone is as if it had never been done", async () => {
    const run = await makeRun();
    await fc.assert(
      fc.asyncProperty(undoSteps, async (steps) => {
        try {
          await playUndo(run, steps);
          expect(await run.facts()).toEqual({});
          expect((await run.files()).filter((path) => !path.startsWith(".firstlight/"))).toEqual([]);
        } catch (error) {
          // The next, which shall be a shorter one that fails, begins with nothing.
          await (await run.open("Reader")).purge();
          throw error;
        }
      }),
      { numRuns: run.driver.name === "memory" ? 40 : 10, seed: 3 },
    );
  }, 60_000);
});
