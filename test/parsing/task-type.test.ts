import { describe, expect, test } from "vitest";
import { countBud } from "../../src/parsing/count-bud.ts";
import { spilledDirt } from "../../src/parsing/stem.ts";
import { forTasks, passthroughTask, polcalTask, type TaskParser, taskWithGains } from "../../src/parsing/task-type.ts";
import { l0 } from "./frames.ts";

test.each([
  ["gain", "lamp", "on", "LAMP_GAIN"],
  ["GAIN", "Lamp", "ON", "LAMP_GAIN"],
  ["gain", "clear", "on", "SOLAR_GAIN"],
  ["gain", "clear", "off", "SOLAR_GAIN"],
  ["gain", "lamp", "off", "gain"],
  ["gain", "undefined", "on", "gain"],
  ["dark", "lamp", "on", "dark"],
  ["observe", "clear", "off", "observe"],
])("task %s with level 3 %s and lamp %s is %s", (task, level3, lamp, expected) => {
  expect(taskWithGains(l0({ IPTASK: task, LVL3STAT: level3, LAMPSTAT: lamp }))).toBe(expected);
});

test("the plain parser leaves the header's word as it is", () => {
  expect(passthroughTask(l0({ IPTASK: "Gain", LVL3STAT: "clear" }))).toBe("Gain");
});

describe("polcal frames that calibrate the polarimeter", () => {
  const stop = "FieldStop (2.8arcmin)";
  test.each([
    ["polcal", "DarkShutter", "clear", "clear", "POLCAL_DARK"],
    ["PolCal", "darkshutter", "Clear", "CLEAR", "POLCAL_DARK"],
    ["polcal", stop, "clear", "clear", "POLCAL_GAIN"],
    ["polcal", "fieldstop", "clear", "clear", "POLCAL_GAIN"],
    ["polcal", "DarkShutter", "Sapphire Polarizer", "clear", spilledDirt],
    ["polcal", "DarkShutter", "clear", "SiO2 SAR", spilledDirt],
    ["polcal", stop, "Sapphire Polarizer", "clear", spilledDirt],
    ["polcal", stop, "clear", "undefined", spilledDirt],
    ["polcal", "PinholeArray", "clear", "clear", spilledDirt],
    ["dark", "DarkShutter", "clear", "clear", spilledDirt],
    ["gain", stop, "clear", "clear", spilledDirt],
  ])("task %s with level 0 %s, polarizer %s and retarder %s: %s", (task, level0, polarizer, retarder, expected) => {
    const cards = { IPTASK: task, LVL0STAT: level0, LVL2STAT: polarizer, LVL1STAT: retarder };
    expect(polcalTask(l0(cards))).toBe(expected);
  });
});

test("the task of a header is parsed once for all stems that ask for it", () => {
  const parsed: string[] = [];
  const parse: TaskParser<"ipTaskType"> = (access) => {
    parsed.push(access.file);
    return passthroughTask(access);
  };
  const stems = [countBud("A"), countBud("B"), countBud("C")].map((bud) => forTasks(bud, "dark", parse));
  for (const file of ["a.fits", "b.fits"]) {
    const opened = l0({ IPTASK: "dark" }, file);
    for (const stem of stems) stem.set(file, opened);
  }
  expect(parsed).toEqual(["a.fits", "b.fits"]);
  expect(stems.map((stem) => stem.get())).toEqual([2, 2, 2]);
});
