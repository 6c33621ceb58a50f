import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { lentWorkers } from "../../src/core/lent-workers.ts";
import { portions } from "../../src/core/portions.ts";
import { openWorkers } from "../../src/core/workers.ts";
import { root } from "../architecture/source-imports.ts";

const jobs = pathToFileURL(join(root, "test/fixtures/threads/jobs.ts")).href;
afterEach(() => vi.useRealTimers());

test("threads that were given back are lent again, to one at a time, and end after a while", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const first = lentWorkers(2);
  expect(await Promise.all(first.workers.run(jobs, "double", 4))).toEqual([8]);
  const second = lentWorkers(2);
  expect(second.workers).not.toBe(first.workers);
  await first[Symbol.asyncDispose]();
  vi.advanceTimersByTime(29_000);
  const third = lentWorkers(2);
  expect(third.workers).toBe(first.workers);
  vi.advanceTimersByTime(60_000);
  expect(await Promise.all(third.workers.run(jobs, "double", 5))).toEqual([10]);
  await third[Symbol.asyncDispose]();
  const [ended] = second.workers.run(jobs, "takeAll", portions(1).memory);
  const reason = ended?.catch((error: unknown) => error);
  // There are idle ones: these end.
  await second[Symbol.asyncDispose]();
  expect(await reason).toBeInstanceOf(Error);
  vi.advanceTimersByTime(31_000);
  const fourth = lentWorkers(2);
  expect(fourth.workers).not.toBe(first.workers);
  await fourth[Symbol.asyncDispose]();
  vi.advanceTimersByTime(31_000);
});

test("threads that a caller opened stay the caller's", async () => {
  await using own = openWorkers(2);
  {
    await using lent = lentWorkers(own);
    expect(lent.workers).toBe(own);
  }
  expect(await Promise.all(own.run(jobs, "double", 1))).toEqual([2]);
});
