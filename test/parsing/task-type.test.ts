import { expect, test } from "vitest";
import { passthroughTask, taskWithGains } from "../../src/parsing/task-type.ts";
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
