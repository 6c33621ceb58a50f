import { expect, test } from "vitest";
import { genericBaseName } from "../../src/scratch/generic-name.ts";

const vector = [
  "FRAME",
  "ZZ_Zxxxxxx",
  "MOVIE",
  "MODSTATE_5",
  "CS_STEP_4",
  "DSPS_REPEAT_2",
  "TASK_FOO",
  "WORKFLOW_TASK_BAR",
  "OUTPUT",
  "CALIBRATED",
  "INTERMEDIATE",
  "INPUT",
  "DEBUG",
];

test("the well-known stems come first in their order, then the other tags sorted", () => {
  expect(genericBaseName(vector)).toBe(
    "DEBUG_INPUT_INTERMEDIATE_CALIBRATED_OUTPUT_WORKFLOW-TASK-BAR_TASK-FOO_DSPS-REPEAT-2_CS-STEP-4_MODSTATE-5_MOVIE_ZZ-Zxxxxxx",
  );
  expect(genericBaseName(vector.toReversed())).toBe(genericBaseName(vector));
});

test("a stem within another tag does not count", () => {
  expect(genericBaseName(["QUALITY_TASK_DARK", "INPUT_DATASET_PARAMETERS", "TASK_DARK"])).toBe(
    "TASK-DARK_INPUT-DATASET-PARAMETERS_QUALITY-TASK-DARK",
  );
  expect(genericBaseName(["MOVIE_FRAME", "FRAME"])).toBe("MOVIE-FRAME");
});

test("what a file name should not hold becomes a dash", () => {
  expect(genericBaseName(["EXP_TIME_10.0", "PARAMETER_A/B C:D"])).toBe("EXP-TIME-10.0_PARAMETER-A-B-C-D");
});

test("long names are cut, and stay apart", () => {
  const long = (last: string) => Array.from({ length: 5 }, (_, i) => `${i}${"X".repeat(100)}`).concat(last);
  expect(genericBaseName(long("YA")).length).toBe(180);
  expect(genericBaseName(long("YA"))).not.toBe(genericBaseName(long("YB")));
});
