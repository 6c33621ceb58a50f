import { expect, test } from "vitest";
import { whoeverCameFirst } from "./state.ts";

const compared = (...groups: readonly (readonly string[])[]) => whoeverCameFirst(JSON.stringify([["RAW"], ...groups]));

test("whether a task came before another, after it or between two steps of it, the history of a file compares equal", () => {
  const wanted = [["RAW"], "A +P -Q", "B +R"];
  expect(compared(["A", "+P", "-Q"], ["B", "+R"])).toEqual(wanted);
  expect(compared(["B", "+R"], ["A", "+P", "-Q"])).toEqual(wanted);
  expect(compared(["A", "+P"], ["B", "+R"], ["A", "-Q"])).toEqual(wanted);
});

test("what one task did in another order compares as another history", () => {
  expect(compared(["A", "-Q", "+P"], ["B", "+R"])).not.toEqual(compared(["A", "+P", "-Q"], ["B", "+R"]));
});
