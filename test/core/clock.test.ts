import { expect, test } from "vitest";
import { clockFrom, fixedClock, systemClock } from "../../src/core/clock.ts";
import { loadSettings } from "../../src/core/settings.ts";

test("SOURCE_DATE_EPOCH fixes the clock", () => {
  const clock = (text: string) => clockFrom(loadSettings({ SOURCE_DATE_EPOCH: text }));
  expect(clock("1700000000").now().toISOString()).toBe("2023-11-14T22:13:20.000Z");
  expect(clock("0").now().getTime()).toBe(0);
});

test.each([{}, { SOURCE_DATE_EPOCH: "" }])("without it the system's clock goes on (%o)", (env) => {
  expect(clockFrom(loadSettings(env))).toBe(systemClock);
});

test("nobody can move a fixed clock by its dates", () => {
  const at = new Date(1000);
  const clock = fixedClock(at);
  clock.now().setTime(5);
  expect(clock.now().getTime()).toBe(1000);
  at.setTime(7);
  expect(clock.now().getTime()).toBe(1000);
});

test("the system's clock moves with the time", () => {
  const before = Date.now();
  expect(systemClock.now().getTime()).toBeGreaterThanOrEqual(before);
});
