import { expect, test } from "vitest";
import { FirstlightError } from "../../src/core/errors.ts";
import { attemptErrorOf } from "../../src/workflow/attempt-error.ts";

const cause = Object.assign(new TypeError("no rows"), {
  stack: `TypeError: no rows
    at Object.decode (file:///opt/camera/csv.ts:3:9)
    at async ReadAll.run (file:///opt/camera/read-all.ts:7:5)`,
});

test.each(["CODEC_FAILED", "STEM_FAILED"])("%s says where in the instrument's own code it came up", (code) => {
  const message = "The codec 'csv' cannot decode a.csv: TypeError: no rows";
  expect(attemptErrorOf(new FirstlightError(code, message, { disposition: "retry", cause }))).toEqual({
    code,
    message: `${message}\nat Object.decode (/opt/camera/csv.ts:3:9)`,
    disposition: "retry",
  });
});

test("an error of a task says so too, one of the library's with another cause does not", () => {
  expect(attemptErrorOf(cause)).toMatchObject({
    code: "TASK_FAILED",
    message: "TypeError: no rows\nat Object.decode (/opt/camera/csv.ts:3:9)",
  });
  expect(attemptErrorOf(new FirstlightError("CODEC_DATA", "no JSON", { cause }))).toMatchObject({ message: "no JSON" });
});
