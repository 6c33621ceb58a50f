import { describe, expect, test } from "vitest";
import { real } from "../../src/core/scalar.ts";
import { distinctCountBud } from "../../src/parsing/count-bud.ts";
import { darkReadoutExpTimePickyBud, pickyBud } from "../../src/parsing/picky-bud.ts";
import { spilledDirt, thorn } from "../../src/parsing/stem.ts";
import { taskWithGains } from "../../src/parsing/task-type.ts";
import { thrown } from "../fixtures/thrown.ts";
import { budValue, type Cards } from "./frames.ts";

describe("a picky bud", () => {
  const bud = () =>
    pickyBud(distinctCountBud("STATES_CHECK", "currentDspsRepeat"), (count) =>
      count === 2 ? undefined : `expected 2 states, found ${count}`,
    );

  test("that is content stores nothing", () => {
    expect(budValue(bud(), { DSPSNUM: 0 }, { DSPSNUM: 1 })).toBe(thorn);
  });

  test("that is not says what is wrong", () => {
    const error = thrown(() => budValue(bud(), { DSPSNUM: 0 }));
    expect(error.message).toBe("STATES_CHECK: expected 2 states, found 1.");
    expect(error.fields).toMatchObject({ stem: "STATES_CHECK", value: 1 });
  });

  test("that no frame concerns does not judge", () => {
    expect(budValue(bud())).toBe(spilledDirt);
  });
});

describe("the check that every readout exposure time has darks", () => {
  const frame = (task: string, time: number): Cards => ({ IPTASK: task, TEXPOSUR: real(time) });

  test("passes when it has, times rounded to six digits, and leaves out polcal", () => {
    const frames = [frame("dark", 0.3), frame("observe", 0.1 + 0.2), frame("polcal", 7)];
    expect(budValue(darkReadoutExpTimePickyBud(), ...frames)).toBe(thorn);
  });

  test("names the times without darks, their files, and the times that darks have", () => {
    const frames = [frame("gain", 2), frame("dark", 1), frame("observe", 1), frame("gain", 2)];
    const error = thrown(() => budValue(darkReadoutExpTimePickyBud(), ...frames));
    expect(error.message).toContain(
      "readout exposure times that darks have (1.0), found 2.0 in 2 files (f1.fits, f4.fits)",
    );
  });

  test("says that there is no dark at all", () => {
    const error = thrown(() => budValue(darkReadoutExpTimePickyBud(), frame("observe", 1)));
    expect(error.message).toContain("there is no dark");
  });

  test("passes over the tasks that it is told to", () => {
    const frames = [{ ...frame("gain", 2), LVL3STAT: "lamp", LAMPSTAT: "on" }, frame("dark", 1), frame("observe", 1)];
    expect(budValue(darkReadoutExpTimePickyBud(taskWithGains, ["LAMP_GAIN", "POLCAL"]), ...frames)).toBe(thorn);
  });

  test("concerns no run of darks alone", () => {
    expect(budValue(darkReadoutExpTimePickyBud(), frame("dark", 1))).toBe(spilledDirt);
  });
});
