import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Berth, Launched } from "./berth.ts";
import { berthForTest } from "./berth-for-test.ts";
import { livingProcess } from "./living-process.ts";
import type { Kill, Process } from "./phases.ts";
import { sailUndisturbed } from "./sail.ts";
import { differences, leftovers, type State, stateOf } from "./state.ts";

let berth: Berth & AsyncDisposable;
let wanted: State;
beforeAll(async () => {
  berth = await berthForTest();
  wanted = (await sailUndisturbed(berth, "kept")).state;
}, 300_000);
beforeEach(() => berth.clear());
afterAll(() => berth[Symbol.asyncDispose]());

type Point = Pick<Kill, "process" | "phase" | "side" | "nth">;
const stopAt = (point: Point): Kill => ({ ...point, signal: "SIGSTOP" });

const points: readonly (Point & { readonly refused: string })[] = [
  // Then the file system refuses, as the attempt's folder is gone.
  { process: "Calibrate", phase: "rename", side: "before", nth: 3, refused: "rename" },
  // Then the inventory does, by the attempt's number.
  { process: "Calibrate", phase: "rename", side: "after", nth: 4, refused: "1.sqlite" },
  // The copy of a frame is whole and about to get its name.
  { process: "TransferL0Data", phase: "transfer in", side: "before", nth: 2, refused: "transfer in" },
];

test.each(points)(
  "a runner and its attempt that sleep past their lease ($process, $side $phase), and wake when another machine has done all: what they still try is refused",
  async ({ refused, ...point }) => {
    const asleep = berth.launch({ workflow: "kept", retries: 0, host: "one", kills: [stopAt(point)] });
    const sleeper = await sleeperOf(point.process);
    await letLeaseRunOut(asleep);
    const other = await berth.launch({ workflow: "kept", retries: 0, host: "another" }).end;
    expect([other.code, other.stderr]).toEqual([0, expect.any(String)]);
    expect(differences(await stateOf(berth), wanted)).toEqual([]);

    process.kill(sleeper.pid, "SIGCONT");
    // A runner that wakes beside it sees that its lease is lost, and may kill the attempt before it tries anything.
    await ended(sleeper);
    expect(berth.notes()).toContainEqual({ type: "refused", name: point.process, attempt: 1, what: refused });
    asleep.kill("SIGCONT");
    const { code, stderr } = await asleep.end;
    expect([code, stderr]).toEqual([1, expect.stringContaining("RUN_LEASE_LOST")]);
    expect(berth.living()).toEqual([]);
    expect(differences(await stateOf(berth), wanted)).toEqual([]);
    expect(await leftovers(berth)).toEqual([]);
  },
  300_000,
);

test("an attempt that sleeps in the midst of a write, and whose runner died, is killed before the next begins", async () => {
  // It holds the lock of the inventory.
  const first = berth.launch({
    workflow: "kept",
    retries: 0,
    kills: [stopAt({ process: "Calibrate", phase: "tag", side: "before", nth: 2 })],
  });
  await sleeperOf("Calibrate");
  first.kill("SIGKILL");
  await first.end;
  const { code, stderr } = await berth.launch({ workflow: "kept", retries: 0 }).end;
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  expect(berth.living()).toEqual([]);
  expect(berth.notes().filter(({ type }) => type === "beside")).toEqual([]);
  expect(differences(await stateOf(berth), wanted)).toEqual([]);
  expect(await leftovers(berth)).toEqual([]);
}, 300_000);

/** The process that went to sleep, once it has. */
async function sleeperOf(task: string): Promise<Process> {
  for (;;) {
    const notes = berth.notes();
    const began = notes.find((note) => note.type === "begin" && note.name === task);
    if (began?.type === "begin" && notes.some(({ type }) => type === "hit")) return began;
    await sleep(20);
  }
}

/** Until a process is gone, or dead and not yet collected by its parent. */
async function ended(process: Process): Promise<void> {
  while (livingProcess(process.pid) === process.started) await sleep(20);
}

/** Stops the runner too, and has its lease run out at once: as if it had said nothing for as long as a lease lasts. */
async function letLeaseRunOut(runner: Launched): Promise<void> {
  using store = new DatabaseSync(join(berth.scratch, ".firstlight", "runs.sqlite"), { timeout: 100 });
  for (;;) {
    runner.kill("SIGSTOP");
    try {
      store.exec("UPDATE leases SET expires_ms = 0");
      return;
    } catch {
      // It fell asleep in the midst of a write: that would keep everybody waiting, and is another story.
      runner.kill("SIGCONT");
      await sleep(10);
    }
  }
}
