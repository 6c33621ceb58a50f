import { entryOf, type Inventory, lineOf } from "./inventory.ts";
import type { EntryChange } from "./inventory-driver.ts";

/** Counter's key → numbers that a task drew. */
export type DrawnNumbers = ReadonlyMap<string, ReadonlySet<number>>;

/**
 * Gives back the numbers that a task drew, so that names come out the same the next time: from the top, as far as they were its own, or had been
 * left by tasks that were undone before. What lies below a number of another is left to the rollback of that one.
 */
export async function lowerCounters(inventory: Inventory, numbers: DrawnNumbers): Promise<void> {
  const { driver, keys } = inventory;
  // Also for a rollback that was killed right after it had left some.
  const [left = []] = await driver.members([keys.freed]);
  const counters = new Set([...numbers.keys(), ...left.map((line) => entryOf(line)[0])]);
  for (const key of counters) await lowerCounter(inventory, key, new Set(numbers.get(key)));
}

async function lowerCounter(inventory: Inventory, key: string, drawn: Set<number>): Promise<void> {
  const { driver, fenced } = inventory;
  // Read so that a counter which is gone is not made anew.
  const look = () => driver.increment(key, 0, { ...fenced, expected: 0 });
  for (let now = await look(); ; ) {
    now = await stepDown(inventory, key, drawn, now);
    // After the step: who leaves a number looks at the counter once more then, so that one of two sees the other.
    if (now > 0 && (await takeFreed(inventory, key, drawn, now))) continue;
    const below = [...drawn].filter((number) => number < now);
    drawn.clear();
    await leave(inventory, key, below);
    const then = below.length === 0 ? now : await look();
    if (then === now) return;
    now = then;
  }
}

/** In one step with the look at the counter: a number that another task draws meanwhile stays drawn. */
async function stepDown({ driver, logged }: Inventory, key: string, drawn: Set<number>, from: number): Promise<number> {
  for (let now = from; ; ) {
    let free = now;
    while (drawn.has(free) && now - free < numbersPerStep) free -= 1;
    if (free === now) return now;
    const next = await driver.increment(key, free - now, { ...logged, expected: now });
    // Given back: who draws one of them from now on draws its own.
    if (next === free) for (let number = free + 1; number <= now; number += 1) drawn.delete(number);
    now = next;
  }
}

/** Makes numbers at the top that were left by others the task's own, which nobody else can give back then. False where there are none. */
async function takeFreed(
  { driver, keys, fenced }: Inventory,
  key: string,
  drawn: Set<number>,
  top: number,
): Promise<boolean> {
  const [lines = []] = await driver.members([keys.freed]);
  const freed = new Set(lines);
  const taken: number[] = [];
  for (let number = top; taken.length < numbersPerStep && freed.has(lineOf([key, String(number)])); number -= 1) {
    taken.push(number);
  }
  if (taken.length === 0) return false;
  const entries = taken.flatMap((number): EntryChange[] => {
    const line = lineOf([key, String(number)]);
    return [
      { entry: [keys.freed, line], from: true, to: false },
      { entry: [keys.made, line], to: true },
    ];
  });
  const { isDone } = await driver.exchange({ entries, records: [] }, fenced);
  if (isDone) for (const number of taken) drawn.add(number);
  return true;
}

async function leave({ driver, keys, fenced }: Inventory, key: string, numbers: readonly number[]): Promise<void> {
  for (let start = 0; start < numbers.length; start += numbersPerStep) {
    const entries = numbers.slice(start, start + numbersPerStep).flatMap((number): EntryChange[] => {
      const line = lineOf([key, String(number)]);
      return [
        { entry: [keys.made, line], to: false },
        { entry: [keys.freed, line], to: true },
      ];
    });
    await driver.exchange({ entries, records: [] }, fenced);
  }
}

const numbersPerStep = 1_000;
