import { expect, test } from "vitest";
import { nearestName } from "../../src/core/nearest-name.ts";

const names = ["SCRATCH_BASE_PATH", "SCRATCH_ENDPOINT", "BUS_DRIVER"];

test.each([
  ["SCRATCH_BASEPATH", "SCRATCH_BASE_PATH"],
  ["BUS_DRIVERS", "BUS_DRIVER"],
  ["BSU_DRIVER", "BUS_DRIVER"],
  ["BUS_DRIVER", "BUS_DRIVER"],
])("%s was meant to be %s", (name, meant) => {
  expect(nearestName(name, names)).toBe(meant);
});

test.each(["HOME", "", "COMPLETELY_ELSE"])("'%s' was meant to be none of them", (name) => {
  expect(nearestName(name, names)).toBeUndefined();
});

test("there is no nearest of none", () => {
  expect(nearestName("A", [])).toBeUndefined();
});
