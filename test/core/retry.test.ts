import { expect, test } from "vitest";
import { type RetryOptions, retry } from "../../src/core/retry.ts";

const quick: RetryOptions = { delaySeconds: 0, backoff: 2, jitterSeconds: [0, 0], maxDelaySeconds: 0, tries: 3 };

/** Fails `failures` times, then gives the attempt's number. */
const failing = (failures: number) => {
  const attempts: number[] = [];
  const work = async (attempt: number): Promise<number> => {
    attempts.push(attempt);
    if (attempts.length <= failures) throw new Error(`failure ${attempts.length}`);
    return attempt;
  };
  return { work, attempts };
};

test("work that succeeds is done once", async () => {
  const { work, attempts } = failing(0);
  expect(await retry(work, quick)).toBe(1);
  expect(attempts).toEqual([1]);
});

test("work is tried again until it succeeds", async () => {
  const { work, attempts } = failing(2);
  expect(await retry(work, quick)).toBe(3);
  expect(attempts).toEqual([1, 2, 3]);
});

test("the last error is thrown when the tries are used up", async () => {
  const { work, attempts } = failing(9);
  await expect(retry(work, quick)).rejects.toThrow("failure 3");
  expect(attempts).toEqual([1, 2, 3]);
});

test("-1 tries for ever", async () => {
  const { work } = failing(200);
  expect(await retry(work, { ...quick, tries: -1 })).toBe(201);
});

test("an error that trying again cannot mend is thrown at once", async () => {
  const { work, attempts } = failing(9);
  await expect(retry(work, { ...quick, retriable: () => false })).rejects.toThrow("failure 1");
  expect(attempts).toEqual([1]);
});

test("waits grow by the factor, with jitter added, up to the maximum", async () => {
  const waits: number[] = [];
  const { work } = failing(4);
  const options: RetryOptions = {
    delaySeconds: 0.001,
    backoff: 2,
    jitterSeconds: [0.001, 0.003],
    maxDelaySeconds: 0.007,
    tries: -1,
    random: () => 0.5,
    onWait: ({ attempt, delaySeconds, error }) => {
      waits.push(delaySeconds);
      expect(String(error)).toContain(`failure ${attempt}`);
    },
  };
  await retry(work, options);
  expect(waits.map((seconds) => Math.round(seconds * 1e6))).toEqual([3000, 4000, 6000, 7000]);
});

test("a signal ends a wait", async () => {
  const controller = new AbortController();
  const options: RetryOptions = {
    ...quick,
    delaySeconds: 3600,
    maxDelaySeconds: 3600,
    signal: controller.signal,
    onWait: () => setImmediate(() => controller.abort(new Error("enough"))),
  };
  await expect(retry(failing(9).work, options)).rejects.toThrow("enough");
});

test("a signal that has fired before lets nothing begin", async () => {
  const { work, attempts } = failing(0);
  await expect(retry(work, { ...quick, signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  expect(attempts).toEqual([]);
});
