import { describe, expect, test } from "vitest";
import { fits } from "../../src/codecs/fits.ts";
import { real } from "../../src/core/scalar.ts";
import { csStepFlower, numCsStepsBud } from "../../src/parsing/cs-step.ts";
import { defaultConstantBuds } from "../../src/parsing/default-buds.ts";
import { access } from "../../src/parsing/fits-access.ts";
import {
  dspsRepeatFlower,
  exposureTimeFlower,
  polcalTaskFlower,
  taskTypeFlower,
} from "../../src/parsing/key-flower.ts";
import { l0FitsAccess } from "../../src/parsing/l0-fits-access.ts";
import { polcalTask, taskWithGains } from "../../src/parsing/task-type.ts";
import { ParseL0InputData } from "../../src/tasks/stock/parse-l0-input-data.ts";
import { syntheticFrame } from "../../src/testing/synthetic-frame.ts";
import { syntheticFrames, syntheticPolcal } from "../../src/testing/synthetic-frames.ts";
import { type FrameKind, frameKinds, syntheticHeader } from "../../src/testing/synthetic-header.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";

class ParseAll extends ParseL0InputData<typeof l0FitsAccess> {
  override readonly fitsAccess = l0FitsAccess;
  override constantBuds = () => [...defaultConstantBuds().filter((stem) => stem.kind === "bud"), numCsStepsBud(20)];
  override tagFlowers = () => [
    taskTypeFlower(taskWithGains),
    polcalTaskFlower(),
    exposureTimeFlower(),
    dspsRepeatFlower(),
    csStepFlower(20),
  ];
}

describe("a synthetic header", () => {
  test.each(frameKinds)("of %s has every attribute of a raw frame", (kind) => {
    const header = syntheticHeader(kind);
    const opened = access(l0FitsAccess, header, "synthetic.fits");
    const missing = Object.keys(l0FitsAccess).filter((name) => Reflect.get(opened, name) === undefined);
    expect(missing).toEqual([]);
    expect(new Set(header.cards.map(({ keyword }) => keyword)).size).toBe(header.cards.length);
  });

  test.each<readonly [FrameKind, task: string, polcal: string | undefined]>([
    ["observe", "observe", undefined],
    ["dark", "dark", undefined],
    ["lampGain", "LAMP_GAIN", undefined],
    ["solarGain", "SOLAR_GAIN", undefined],
    ["polcal", "polcal", undefined],
    ["polcalDark", "polcal", "POLCAL_DARK"],
    ["polcalGain", "polcal", "POLCAL_GAIN"],
  ])("of %s is parsed as %s, and as %s besides", (kind, task, polcal) => {
    const opened = access(l0FitsAccess, syntheticHeader(kind), "synthetic.fits");
    const second = polcalTask(opened);
    expect([taskWithGains(opened), typeof second === "string" ? second : undefined]).toEqual([task, polcal]);
  });

  test("has the cards that are asked for, with their comments", () => {
    const header = syntheticHeader("dark", { XPOSURE: real(5), FILTER: ["red", "position of the wheel"] });
    expect(header.get("XPOSURE")).toEqual(real(5));
    expect(header.card("XPOSURE")?.comment).toBe("[ms] exposure time");
    expect(header.card("FILTER")?.comment).toBe("position of the wheel");
  });
});

describe("synthetic frames", () => {
  test("follow each other in time, and are numbered in their program", () => {
    const frames = syntheticFrames({ dark: 1, observe: 3 }, { cadenceS: 0.5, startsAt: "2024-01-01T23:59:59" });
    const said = frames.map(({ header }) =>
      ["IPTASK", "DATE-BEG", "DSPSNUM", "DSPSREPS"].map((key) => header.get(key)),
    );
    expect(said).toEqual([
      ["observe", "2024-01-01T23:59:59.000", 1, 3],
      ["observe", "2024-01-01T23:59:59.500", 2, 3],
      ["observe", "2024-01-02T00:00:00.000", 3, 3],
      ["dark", "2024-01-02T00:00:00.500", 1, 1],
    ]);
    expect(new Set(frames.map(({ header }) => header.get("IP_ID")))).toEqual(new Set(["ip_observe", "ip_dark"]));
  });

  test("of every kind are what the parse task takes", async () => {
    await using run = await tmpRun();
    const counts = { dark: 2, lampGain: 1, solarGain: 2, observe: 3 };
    for (const frame of [
      ...syntheticFrames(counts),
      ...syntheticPolcal({ framesPerStep: 2, startsAt: "2024-05-02T00:00:00Z" }),
    ])
      await run.put(frame, ["INPUT", "FRAME"], fits.frame);
    await run.run(ParseAll);

    const tags = ["TASK_DARK", "TASK_LAMP_GAIN", "TASK_SOLAR_GAIN", "TASK_OBSERVE", "TASK_POLCAL", "TASK_POLCAL_DARK"];
    expect(await Promise.all(tags.map((tag) => run.count(tag)))).toEqual([2, 1, 2, 3, 14, 4]);
    const steps = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((step) => run.count(`CS_STEP_${step}`)));
    expect(steps).toEqual([2, 2, 2, 2, 2, 2, 2, 0]);
    const constants = await run.constants();
    expect([constants.get("NUM_CS_STEPS"), constants.get("INSTRUMENT")]).toEqual([7, "SYNTH"]);
    expect(await run.count("DSPS_REPEAT_3")).toBe(1);
  });

  test("have the pixels and cards that are asked for, each of them", () => {
    const frames = syntheticPolcal({ shape: [1, 2], pixels: 7, cards: { CAMERA: "other" } });
    expect(frames).toHaveLength(7);
    for (const { header, image } of frames) {
      expect([[...image.data], header.string("CAMERA")]).toEqual([[7, 7], "other"]);
    }
  });
});

describe("what a type checker would have refused", () => {
  const refused = (message: RegExp) =>
    expect.objectContaining({ code: "SYNTHETIC_FRAME", message: expect.stringMatching(message) });

  test("kinds that are none are refused with those that there are", () => {
    const known = /'nope'\. Kinds are observe, dark, /;
    expect(() => syntheticHeader("nope" as never)).toThrow(refused(known));
    expect(() => syntheticFrame({ kind: "nope" as never })).toThrow(refused(known));
    expect(() => syntheticFrames({ drak: 1 } as never)).toThrow(refused(/'drak'; did you mean dark\?/));
  });

  test.each([1.5, -1, "3", null])("a count of %j is refused", (count) => {
    expect(() => syntheticFrames({ dark: count as never })).toThrow(refused(/^How many frames of dark /));
  });

  test.each([70_000, -1, 0.5, Number.NaN, "7"])("a pixel of %j is refused", (pixel) => {
    expect(() => syntheticFrame({ pixels: pixel as never })).toThrow(refused(/^A pixel is a whole number from 0 /));
    expect(() => syntheticFrame({ pixels: () => pixel as never })).toThrow(
      refused(/^A pixel is a whole number from 0 /),
    );
  });

  test("pixels that do not fill the shape, and a shape that is none, are refused", () => {
    expect(() => syntheticFrame({ shape: [2, 2], data: new Float32Array(3) })).toThrow(
      refused(/^A frame of 2 × 2 has 4 pixels; 'data' has 3\.$/),
    );
    expect(() => syntheticFrame({ shape: [2] as never })).toThrow(refused(/is \[rows, columns\]; this is \[2\]/));
  });
});
