import { expect, test } from "vitest";
import { Progress, type ProgressState } from "../../src/core/progress.ts";

test("progress counts up to its total", () => {
  const progress = new Progress();
  progress.start(4, "frames");
  progress.increment();
  progress.increment(2);
  expect(progress.state).toEqual({ current: 3, total: 4, unit: "frames" });
  expect(progress.percent).toBe(75);
});

test("work of unknown size is at 0 %, and at 100 % once complete", () => {
  const progress = new Progress();
  expect(progress.percent).toBe(0);
  progress.increment(5);
  expect(progress.percent).toBe(0);
  progress.complete();
  expect(progress.percent).toBe(100);
  expect(progress.state).toMatchObject({ current: 1, total: 1 });
});

test("it never exceeds 100 %", () => {
  const progress = new Progress();
  progress.start(2);
  progress.increment(3);
  expect(progress.percent).toBe(100);
});

test("a second start begins anew", () => {
  const progress = new Progress();
  progress.start(2);
  progress.increment(2);
  progress.start(3);
  expect(progress.state).toEqual({ current: 0, total: 3, unit: "files" });
});

test("watchers see every change until they leave", () => {
  const progress = new Progress();
  const seen: ProgressState[] = [];
  const leave = progress.watch((state) => seen.push(state));
  progress.start(2, "frames");
  progress.increment();
  leave();
  progress.increment();
  expect(seen.map(({ current, total }) => [current, total])).toEqual([
    [0, 2],
    [1, 2],
  ]);
});

test("comes to the number that somebody else has counted", () => {
  const progress = new Progress();
  progress.start(10, "files");
  progress.reach(4);
  expect(progress.state).toEqual({ current: 4, total: 10, unit: "files" });
  expect(progress.percent).toBe(40);
});

test("a loop is counted where the work does not count, one within it is not", () => {
  const progress = new Progress();
  const outer = progress.countLoop(3);
  outer.step();
  const inner = progress.countLoop(10);
  inner.step();
  inner.end();
  outer.step();
  expect(progress.state).toEqual({ current: 2, total: 3, unit: "files" });
  outer.end();
  progress.countLoop(5).step();
  expect(progress.state).toEqual({ current: 1, total: 5, unit: "files" });
});

test("a loop leaves alone what the work counts for itself", () => {
  const progress = new Progress();
  progress.start(4, "frames");
  const loop = progress.countLoop(3);
  loop.step();
  loop.end();
  expect(progress.state).toEqual({ current: 0, total: 4, unit: "frames" });
});
