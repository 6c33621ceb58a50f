import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
import type { InventoryDriver } from "../../src/scratch/inventory-driver.ts";
import { openScratch, type Scratch } from "../../src/scratch/scratch.ts";
import { bytes } from "./each-inventory.ts";

/** What a task does to a file; `reopen` is another scratch of the task without a rollback, as a process has it that goes on. */
export interface UndoStep {
  readonly task: string;
  readonly what: "write" | "remove" | "tag" | "untag" | "undo" | "reopen";
  readonly file: string;
  readonly tag: string;
}

const pick = <Item extends string>(...items: readonly Item[]) => fc.constantFrom(...items);

export const undoSteps: fc.Arbitrary<readonly UndoStep[]> = fc.array(
  fc.record({
    task: pick("A", "B", "C"),
    what: pick("write", "write", "remove", "tag", "tag", "untag", "untag", "undo", "reopen"),
    file: pick("x", "y"),
    tag: pick("P", "Q"),
  }),
  { minLength: 2, maxLength: 14 },
);

/** Of all steps those that are not undone, done once more from the start. */
function replayed(steps: readonly UndoStep[], texts: ReadonlyMap<UndoStep, string>) {
  const [contents, tags] = [new Map<string, string>(), new Map<string, Set<string>>()];
  for (const step of steps) {
    const { what, file, tag } = step;
    const carried = tags.get(file) ?? new Set();
    if (what === "write") contents.set(file, texts.get(step) ?? "");
    if (what === "remove") contents.delete(file);
    if (!contents.has(file)) carried.clear();
    else if (what === "untag") carried.delete(tag);
    else carried.add(tag);
    tags.set(file, carried);
  }
  return ["x", "y"].map((file) => ({ text: contents.get(file) ?? null, tags: [...(tags.get(file) ?? [])].sort() }));
}

export interface UndoPlace {
  readonly basePath: string;
  readonly folder: string;
  readonly recipeRunId: number;
  readonly driver: InventoryDriver;
}

/** Does the steps, and looks after each whether what is there is what the steps of those make that are not undone. */
export async function playUndo(run: UndoPlace, all: readonly UndoStep[]): Promise<void> {
  const scratches = new Map<string, Scratch>();
  const { basePath, recipeRunId, driver } = run;
  const fresh = async (taskName: string): Promise<Scratch> => {
    const scratch = await openScratch({ basePath, recipeRunId, taskName, driver });
    scratches.set(taskName, scratch);
    return scratch;
  };
  const reader = await openScratch({ basePath, recipeRunId, taskName: "Reader", driver });
  let left: UndoStep[] = [];
  const texts = new Map<UndoStep, string>();
  const end = ["A", "B", "C"].map((task): UndoStep => ({ task, what: "undo", file: "x", tag: "P" }));
  for (const [i, step] of [...all, ...end].entries()) {
    const { task, what, file, tag } = step;
    const scratch = scratches.get(task) ?? (await fresh(task));
    const isThere = replayed(left, texts)[file === "x" ? 0 : 1]?.text !== null;
    if (what === "undo") {
      await (await fresh(task)).rollback();
      left = left.filter((one) => one.task !== task);
    } else if (what === "reopen") await fresh(task);
    else if (what === "write") {
      texts.set(step, `${task} ${i}`);
      await scratch.write(bytes(`${task} ${i}`), [tag], { relativePath: file, overwrite: true });
    } else if (what === "remove") await scratch.remove(file);
    else if (what === "untag") await scratch.untag(file, [tag]);
    else
      await scratch
        .tag(file, [tag])
        .catch((error: unknown) => expect({ isThere, error }).toMatchObject({ isThere: false }));
    // Who finds no file to remove, or to tag, has done nothing.
    if (what === "write" || what === "untag" || (isThere && (what === "remove" || what === "tag"))) left.push(step);
    const found = await Promise.all(
      ["x", "y"].map(async (name) => ({
        text: await readFile(join(run.folder, name), "utf8").catch(() => null),
        tags: await reader.tags(name),
      })),
    );
    const told = [...all, ...end].slice(0, i + 1).map((one) => `${one.task} ${one.what} ${one.file} ${one.tag}`);
    expect({ told, found }).toEqual({ told, found: replayed(left, texts) });
  }
}
