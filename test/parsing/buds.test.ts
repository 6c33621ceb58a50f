import { describe, expect, test } from "vitest";
import { isFirstlightError } from "../../src/core/errors.ts";
import { Real, real } from "../../src/core/scalar.ts";
import { contributingIdsBud, taskContributingIdsBud } from "../../src/parsing/contributing-ids-bud.ts";
import { countBud, distinctCountBud } from "../../src/parsing/count-bud.ts";
import { averageBud, nearFloatBud, taskAverageBud, taskNearFloatBud } from "../../src/parsing/near-float-bud.ts";
import { spilledDirt } from "../../src/parsing/stem.ts";
import { forTasks, taskWithGains } from "../../src/parsing/task-type.ts";
import {
  taskExposureTimesBud,
  taskReadoutExpTimesBud,
  taskTimeLookupBud,
  timesBud,
} from "../../src/parsing/times-bud.ts";
import { taskUniqueBud, uniqueBud } from "../../src/parsing/unique-bud.ts";
import { budValue, type Cards, feed } from "./frames.ts";

function disagreementOf(work: () => unknown) {
  try {
    work();
  } catch (error) {
    if (isFirstlightError(error, "STEM_DISAGREES")) return error;
    throw error;
  }
  throw new Error("nothing disagreed");
}

describe("a unique bud", () => {
  test("yields the one value", () => {
    expect(budValue(uniqueBud("CAMERA_ID", "cameraId"), { CAM_ID: "c1" }, { CAM_ID: "c1" })).toBe("c1");
  });

  test("keeps zero and false-like values", () => {
    expect(budValue(uniqueBud("X", "cameraBitDepth"), { BITDEPTH: 0 })).toBe(0);
  });

  test("spills when no frame concerns it", () => {
    expect(budValue(uniqueBud("CAMERA_ID", "cameraId"))).toBe(spilledDirt);
  });

  test("holds 10. and 10 for one value, spelt as the first frame spells it", () => {
    const frames = [{ LINEWAV: real(10) }, { LINEWAV: 10 }] as const;
    expect(budValue(uniqueBud("WAVELENGTH", "wavelength"), ...frames)).toEqual(new Real(10));
    expect(budValue(uniqueBud("WAVELENGTH", "wavelength"), ...[...frames].reverse())).toBe(10);
  });

  test("names the values that disagree, how many files hold each, and the first of them, the rarest first", () => {
    const frames: Cards[] = Array.from({ length: 5 }, () => ({ LINEWAV: 630.2 }));
    frames[2] = { LINEWAV: 854.2 };
    const error = disagreementOf(() => budValue(uniqueBud("WAVELENGTH", "wavelength"), ...frames));
    expect(error.fields).toEqual({
      stem: "WAVELENGTH",
      values: [
        { value: "854.2", count: 1, files: ["f3.fits"] },
        { value: "630.2", count: 4, files: ["f1.fits", "f2.fits", "f4.fits"] },
      ],
      otherCount: 0,
    });
    expect(error.message).toContain("854.2 in 1 file (f3.fits); 630.2 in 4 files (f1.fits, f2.fits, f4.fits, …)");
  });

  test("keeps a bounded number of values when every file has its own, and counts the rest", () => {
    const frames = Array.from({ length: 100 }, (_, index) => ({ CAM_ID: `c${index}` }));
    const error = disagreementOf(() => budValue(uniqueBud("CAMERA_ID", "cameraId"), ...frames));
    expect((error.fields.values as unknown[]).length).toBe(16);
    expect(error.fields.otherCount).toBe(84);
  });

  test("passes over values that it shall ignore, whatever their case", () => {
    const bud = uniqueBud("RETARDER_NAME", "gosRetarderStatus", { ignore: ["clear"] });
    expect(budValue(bud, { LVL1STAT: "Clear" }, { LVL1STAT: "SiO2 OC" })).toBe("SiO2 OC");
  });

  test("of a task sees that task's frames only, whatever the case of its name", () => {
    const bud = taskUniqueBud("EXPERIMENT_ID", "experimentId", "OBSERVE");
    expect(budValue(bud, { IPTASK: "observe", EXPER_ID: "e1" }, { IPTASK: "dark", EXPER_ID: "e2" })).toBe("e1");
  });

  test("of several tasks with gains told apart", () => {
    const bud = taskUniqueBud("X", "cameraId", ["observe", "SOLAR_GAIN"], taskWithGains);
    const gain = { IPTASK: "gain", CAM_ID: "c2" };
    const frames = [
      { IPTASK: "observe", CAM_ID: "c1" },
      { ...gain, LVL3STAT: "lamp", LAMPSTAT: "on" },
      { ...gain, LVL3STAT: "clear", LAMPSTAT: "off", CAM_ID: "c1" },
    ];
    expect(budValue(bud, ...frames)).toBe("c1");
  });

  test("is fresh from every call of its factory", () => {
    const make = () => uniqueBud("CAMERA_ID", "cameraId");
    feed(make(), { CAM_ID: "c1" });
    expect(budValue(make(), { CAM_ID: "c2" })).toBe("c2");
  });
});

describe("a near-float bud", () => {
  test("yields the mean, as a real even where it is whole", () => {
    const bud = nearFloatBud("X", "lightLevel", 2);
    expect(budValue(bud, { LIGHTLVL: 9 }, { LIGHTLVL: 11 })).toEqual(new Real(10));
  });

  test("allows a difference of exactly the tolerance, and names the ends beyond it", () => {
    expect(budValue(nearFloatBud("X", "lightLevel", 2), { LIGHTLVL: 1 }, { LIGHTLVL: 3 })).toEqual(new Real(2));
    const error = disagreementOf(() =>
      budValue(nearFloatBud("X", "lightLevel", 1), { LIGHTLVL: 2 }, { LIGHTLVL: 1 }, { LIGHTLVL: 3 }),
    );
    expect(error.message).toContain("1.0 in 1 file (f2.fits)");
    expect(error.message).toContain("3.0 in 1 file (f3.fits)");
  });

  test("of a task", () => {
    const bud = taskNearFloatBud("X", "lightLevel", 0, "dark");
    expect(budValue(bud, { IPTASK: "dark", LIGHTLVL: 0.5 }, { IPTASK: "gain", LIGHTLVL: 700 })).toBe(0.5);
  });

  test.each([0, 1, 2])("refuses a card that holds no number, as frame %i of three, and names the file", (at) => {
    const frames = [0, 1, 2].map((index) => ({ CAM_ID: index === at ? "bright" : "1" }));
    for (const bud of [nearFloatBud("X", "cameraId", 1), averageBud("X", "cameraId")]) {
      expect(() => budValue(bud, ...frames)).toThrow(
        expect.objectContaining({
          code: "STEM_NOT_A_NUMBER",
          message: expect.stringContaining(`f${at + 1}.fits is bright`),
        }),
      );
    }
  });

  test("averages without losing small terms beside great ones", () => {
    const frames = [{ LIGHTLVL: 1e16 }, { LIGHTLVL: 1 }, { LIGHTLVL: -1e16 }, { LIGHTLVL: 1 }];
    expect(budValue(averageBud("X", "lightLevel"), ...frames)).toBe(0.5);
    const tagged = frames.map((frame) => ({ IPTASK: "dark", ...frame }));
    expect(budValue(taskAverageBud("X", "lightLevel", "dark"), ...tagged)).toBe(0.5);
  });
});

describe("contributing ids", () => {
  test("come most frequent first, equals in the order in which they were met", () => {
    const ids = ["b", "a", "c", "c", "a", "d"].map((id) => ({ PROP_ID: id }));
    expect(budValue(contributingIdsBud("X", "proposalId"), ...ids)).toEqual(["a", "c", "b", "d"]);
  });

  test("of a task", () => {
    const bud = taskContributingIdsBud("X", "proposalId", "observe");
    expect(budValue(bud, { IPTASK: "dark", PROP_ID: "a" }, { IPTASK: "observe", PROP_ID: "b" })).toEqual(["b"]);
  });
});

describe("exposure times", () => {
  test("are the different ones, rounded to six digits, ascending; integer and real keep apart from other values", () => {
    const bud = timesBud("X", "fpaExposureTimeMs");
    const times = [real(10), 0.1 + 0.2, 5, 0.3, real(10)].map((time) => ({ XPOSURE: time }));
    expect(budValue(bud, ...times)).toEqual([0.3, 5, new Real(10)]);
  });

  test("of dark frames, of the frame and of the readout", () => {
    const frames = [
      { IPTASK: "dark", XPOSURE: 1.5, TEXPOSUR: 0.5 },
      { IPTASK: "gain", XPOSURE: 2.5, TEXPOSUR: 1.25 },
    ];
    expect(budValue(taskExposureTimesBud("X", "dark"), ...frames)).toEqual([1.5]);
    expect(budValue(taskReadoutExpTimesBud("X", "dark"), ...frames)).toEqual([0.5]);
  });

  test("a lookup has Python's spelling of a real as its key", () => {
    const bud = taskTimeLookupBud("X", "fpaExposureTimeMs", "numRawFramesPerFpa", "dark");
    const frame = { IPTASK: "dark", XPOSURE: real(10) };
    const frames = [
      { ...frame, NSUMEXP: 3 },
      { ...frame, NSUMEXP: 1 },
      { ...frame, XPOSURE: 0.25, NSUMEXP: 1 },
    ];
    expect(budValue(bud, ...frames)).toEqual({ "0.25": [1], "10.0": [1, 3] });
  });
});

describe("counts", () => {
  test("of frames, and of the frames of a task", () => {
    const frames = [{ IPTASK: "dark" }, { IPTASK: "gain" }, { IPTASK: "dark" }];
    expect(budValue(countBud("N"), ...frames)).toBe(3);
    expect(budValue(forTasks(countBud("N"), "DARK"), ...frames)).toBe(2);
    expect(budValue(forTasks(countBud("N"), "POLCAL"), ...frames)).toBe(spilledDirt);
  });

  test("of different values", () => {
    const frames = [0, 1, real(1), 2].map((n) => ({ DSPSNUM: n }));
    expect(budValue(distinctCountBud("N", "currentDspsRepeat"), ...frames)).toBe(3);
  });
});
