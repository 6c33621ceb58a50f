import { expect, test } from "vitest";
import { exitCodeOf } from "../../src/cli/exit-code.ts";
import { FirstlightError } from "../../src/core/errors.ts";

const stopped = new DOMException("stopped", "AbortError");

test.each([
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGTERM", 143],
  [undefined, 130],
] as const)("a command that %s stopped ends with %i", (signal, code) => {
  expect(exitCodeOf(stopped, signal)).toBe(code);
});

test("an error of its own keeps its code after a signal", () => {
  expect(exitCodeOf(new Error("broken"), "SIGTERM")).toBe(1);
  expect(exitCodeOf(new FirstlightError("SETTINGS_INVALID", "wrong", { disposition: "invalid" }), "SIGTERM")).toBe(2);
});
