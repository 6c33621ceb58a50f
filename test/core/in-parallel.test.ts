import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { inParallel } from "../../src/core/in-parallel.ts";

test("gives the results in the order of the items, and never does more than the limit at once", async () => {
  let [now, most] = [0, 0];
  const results = await inParallel([5, 1, 4, 2, 3], 2, async (item, index) => {
    now += 1;
    most = Math.max(most, now);
    for (let i = 0; i < item; i += 1) await turn();
    now -= 1;
    return `${index}:${item}`;
  });
  expect(results).toEqual(["0:5", "1:1", "2:4", "3:2", "4:3"]);
  expect(most).toBe(2);
  expect(await inParallel([], 3, async () => 1)).toEqual([]);
});

test("after a failure begins nothing more, waits for what has begun, and throws the first reason", async () => {
  const done: number[] = [];
  const work = inParallel([1, 2, 3, 4], 2, async (item) => {
    if (item === 1) throw new RangeError("first");
    await turn();
    done.push(item);
  });
  await expect(work).rejects.toThrow("first");
  expect(done).toEqual([2]);
});

test("stops at the signal", async () => {
  const stop = new AbortController();
  const done: number[] = [];
  const work = inParallel(
    [1, 2, 3],
    1,
    async (item) => {
      done.push(item);
      stop.abort();
    },
    stop.signal,
  );
  await expect(work).rejects.toMatchObject({ name: "AbortError" });
  expect(done).toEqual([1]);
});
