import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { InventoryDriver } from "../../src/scratch/inventory-driver.ts";
import { openScratch, type Scratch } from "../../src/scratch/scratch.ts";
import { bytes, eachInventory, type TestRun } from "./each-inventory.ts";

/** What a task does to the one file, or that it is rolled back. */
type Step = readonly [task: string, what: "write" | "remove" | "undo"];

/** What a task wrote, or null for a removal. */
interface Part {
  readonly task: string;
  readonly text: string | null;
  readonly tags: readonly string[];
}

/** What has to be there after these steps: as if the tasks that are undone had never been there. */
function model() {
  let parts: Part[] = [];
  return {
    now(): { text: string | null; tags: readonly string[] } {
      let [now, carried]: [string | null, readonly string[]] = [null, []];
      for (const { text, tags } of parts) {
        carried = text === null ? [] : [...carried, ...tags];
        now = text;
      }
      return { text: now, tags: [...new Set(carried)].sort() };
    },
    put(task: string, text: string | null, tags: readonly string[]): void {
      parts.push({ task, text, tags });
    },
    undo(task: string): void {
      parts = parts.filter((part) => part.task !== task);
    },
  };
}

interface Play {
  /** After how many writes to the inventory a rollback is killed; the next attempt begins it anew. */
  readonly killedAfter?: number;
}

/** Resolves to whether a rollback was killed. */
async function play(run: TestRun, steps: readonly Step[], { killedAfter }: Play = {}): Promise<boolean> {
  let isKilled = false;
  const open = new Map<string, Scratch>();
  const scratchOf = async (task: string): Promise<Scratch> => {
    const scratch = open.get(task) ?? (await run.open(task));
    open.set(task, scratch);
    return scratch;
  };
  const wanted = model();
  for (const [i, [task, what]] of steps.entries()) {
    if (what === "undo") {
      if (killedAfter !== undefined) {
        const { basePath, recipeRunId } = run;
        const driver = failingAfter(run.driver, killedAfter);
        const dying = await openScratch({ basePath, recipeRunId, taskName: task, driver });
        await dying.rollback().catch((error: unknown) => {
          if (!String(error).includes("killed")) throw error;
          isKilled = true;
        });
      }
      const later = await run.open(task);
      await later.rollback();
      open.set(task, later);
      wanted.undo(task);
    } else if (what === "remove") {
      const { text } = wanted.now();
      await (await scratchOf(task)).remove("x");
      if (text !== null) wanted.put(task, null, []);
    } else {
      const text = `${task} ${i}`;
      await (await scratchOf(task)).write(bytes(text), ["SHARED", task], { relativePath: "x", overwrite: true });
      wanted.put(task, text, ["SHARED", task]);
    }
    const text = await readFile(join(run.folder, "x"), "utf8").catch(() => null);
    const tags = await (await scratchOf(task)).tags("x");
    const told = steps.slice(0, i + 1).map((step) => step.join(" "));
    expect({ told, text, tags }).toEqual({ told, ...wanted.now() });
  }
  for (const task of open.keys()) {
    await (await run.open(task)).rollback();
    wanted.undo(task);
  }
  expect(await run.facts()).toEqual({});
  expect((await run.files()).filter((path) => !path.startsWith(".firstlight/"))).toEqual([]);
  return isKilled;
}

/** A driver that dies with the process it stands for: after so many writes nothing is done any more. */
function failingAfter(real: InventoryDriver, writes: number): InventoryDriver {
  let left = writes;
  const counted =
    <Args extends readonly unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (left === 0) throw new Error("killed");
      left -= 1;
      return work(...args);
    };
  return {
    ...real,
    add: counted(real.add),
    remove: counted(real.remove),
    exchange: counted(real.exchange),
    increment: counted(real.increment),
    drop: counted(real.drop),
  };
}

/** All orders of a few things. */
function orders<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) => orders(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

const whats = ["write", "remove"] as const;
const choices = (count: number): readonly (readonly ("write" | "remove")[])[] =>
  count === 0 ? [[]] : choices(count - 1).flatMap((some) => whats.map((what) => [...some, what] as const));

// On memory, sqlite and redis.
eachInventory((makeRun) => {
  const cases = (tasks: readonly string[]) =>
    choices(tasks.length - 1).flatMap((rest) =>
      orders(tasks).map((undone): readonly Step[] => [
        ...tasks.map((task, i): Step => [task, i === 0 ? "write" : (rest[i - 1] ?? "write")]),
        ...undone.map((task): Step => [task, "undo"]),
      ]),
    );

  test.each(cases(["A", "B"]).map((steps) => [steps.map((step) => step.join(" ")).join(", "), steps] as const))(
    "%s",
    async (_, steps) => {
      await play(await makeRun(), steps);
    },
  );

  test("a task with many files leaves those that another has overwritten or removed, and takes the others back", async () => {
    const run = await makeRun();
    const names = Array.from({ length: 20 }, (_, i) => `f${i}`);
    const [maker, other] = [await run.open("Maker"), await run.open("Other")];
    for (const name of names) await maker.write(bytes(name), ["A"], { relativePath: name });
    await other.write(bytes("other"), ["B"], { relativePath: "f3", overwrite: true });
    await other.remove("f5");
    await maker.rollback();
    expect((await run.files()).filter((path) => !path.startsWith(".firstlight/"))).toEqual(["f3"]);
    expect(await maker.tags("f3")).toEqual(["B"]);
    await other.rollback();
    expect(await run.facts()).toEqual({});
    expect(await run.files()).toEqual([]);
  });

  test("a rollback that is killed between any two of its steps comes to the same end", async () => {
    for (const steps of [...cases(["A", "B"]), ...cases(["A", "B", "C"]).slice(0, 2)]) {
      for (let killedAfter = 0; await play(await makeRun(), steps, { killedAfter }); killedAfter += 1);
    }
  }, 120_000);

  test("of three tasks that did one after the other what they like to a file, undone in any order, the others' part stays", async () => {
    for (const steps of cases(["A", "B", "C"])) await play(await makeRun(), steps);
  }, 120_000);
});
