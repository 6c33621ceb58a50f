import { expect, test } from "vitest";
import { clockFrom, fixedClock, systemClock } from "../../src/core/clock.ts";
import { isFirstlightError } from "../../src/core/errors.ts";

test("SOURCE_DATE_EPOCH fixes the clock", () => {
  expect(clockFrom({ SOURCE_DATE_EPOCH: "1700000000" }).now().toISOString()).toBe("2023-11-14T22:13:20.000Z");
  expect(clockFrom({ SOURCE_DATE_EPOCH: "0" }).now().getTime()).toBe(0);
});

test.each([{}, { SOURCE_DATE_EPOCH: "" }])("without it the system's clock goes on (%o)", (env) => {
  expect(clockFrom(env)).toBe(systemClock);
});

test.each(["-1", "1.5", "today", "1e9", "999999999999999"])("SOURCE_DATE_EPOCH=%s is refused", (text) => {
  try {
    clockFrom({ SOURCE_DATE_EPOCH: text });
  } catch (error) {
    expect(isFirstlightError(error, "SETTINGS_INVALID")).toBe(true);
    expect(String(error)).toContain(`"${text}"`);
    return;
  }
  throw new Error("it was accepted");
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
