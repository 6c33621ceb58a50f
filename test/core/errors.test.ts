import { expect, test } from "vitest";
import { FirstlightError, isFirstlightError, messageOf } from "../../src/core/errors.ts";

test("an error carries code, disposition, fields and cause", () => {
  const cause = new Error("why");
  const error = new FirstlightError("CODE_X", "what", { disposition: "retry", fields: { file: "a.fits" }, cause });
  expect(error).toMatchObject({ name: "FirstlightError", code: "CODE_X", message: "what", disposition: "retry" });
  expect(error.fields.file).toBe("a.fits");
  expect(error.cause).toBe(cause);
  expect(String(error)).toBe("FirstlightError: what");
});

test("an error is fatal unless it says otherwise, and has no cause unless it was given one", () => {
  const error = new FirstlightError("CODE_X", "what");
  expect([error.disposition, error.fields, "cause" in error]).toEqual(["fatal", {}, false]);
});

test("an error is recognised by its brand and its code", () => {
  const error = new FirstlightError("CODE_X", "what");
  expect(isFirstlightError(error)).toBe(true);
  expect(isFirstlightError(error, "CODE_X")).toBe(true);
  expect(isFirstlightError(error, "CODE_Y")).toBe(false);
});

test("an error of another copy of the library is recognised", async () => {
  const copy = (await import(`../../src/core/errors.ts?${"copy"}`)) as typeof import("../../src/core/errors.ts");
  expect(copy.FirstlightError).not.toBe(FirstlightError);
  const error = new copy.FirstlightError("CODE_X", "what");
  expect(error).not.toBeInstanceOf(FirstlightError);
  expect(isFirstlightError(error, "CODE_X")).toBe(true);
});

test.each([[new Error("x")], [{ code: "CODE_X" }], ["CODE_X"], [undefined], [null]])(
  "%o is no error of ours",
  (value) => {
    expect(isFirstlightError(value)).toBe(false);
  },
);

test("the brand does not show", () => {
  expect(Object.keys(new FirstlightError("CODE_X", "what"))).not.toContain("Symbol(firstlight.error)");
  expect(Object.getOwnPropertySymbols(structuredClone({ ...new FirstlightError("CODE_X", "what") }))).toEqual([]);
});

test("anything thrown has a message", () => {
  expect([messageOf(new Error("a")), messageOf("b"), messageOf(undefined), messageOf({ c: 1 })]).toEqual([
    "a",
    "b",
    "undefined",
    "[object Object]",
  ]);
});

test("an error that says nothing itself is told by those that it holds", () => {
  expect(messageOf(new AggregateError([new Error("no ::1"), new Error("no 127.0.0.1")]))).toBe("no ::1; no 127.0.0.1");
  expect(messageOf(new AggregateError([new Error("inner")], "outer"))).toBe("outer");
});
