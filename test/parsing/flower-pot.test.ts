import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { isFirstlightError } from "../../src/core/errors.ts";
import { Real, real } from "../../src/core/scalar.ts";
import { Header } from "../../src/fits/header.ts";
import { BudName } from "../../src/parsing/bud-name.ts";
import { countBud, distinctCountBud } from "../../src/parsing/count-bud.ts";
import { csStepFlower, numCsStepsBud } from "../../src/parsing/cs-step.ts";
import { defaultConstantBuds } from "../../src/parsing/default-buds.ts";
import { defaultTagFlowers } from "../../src/parsing/default-flowers.ts";
import { type Accessor, type AccessTo, fitsAccess, key } from "../../src/parsing/fits-access.ts";
import { fillFlowerPot } from "../../src/parsing/flower-pot.ts";
import {
  dspsRepeatFlower,
  exposureTimeFlower,
  flower,
  keyFlower,
  modstateFlower,
  polcalTaskFlower,
  readoutExpTimeFlower,
  taskTypeFlower,
} from "../../src/parsing/key-flower.ts";
import { l0FitsAccess } from "../../src/parsing/l0-fits-access.ts";
import { nearFloatBud } from "../../src/parsing/near-float-bud.ts";
import { darkReadoutExpTimePickyBud, pickyBud } from "../../src/parsing/picky-bud.ts";
import { type Bud, type Stem, spilledDirt, thorn } from "../../src/parsing/stem.ts";
import { numModstatesBud, retarderNameBud } from "../../src/parsing/task-buds.ts";
import { forTasks, type TaskParser, taskWithGains } from "../../src/parsing/task-type.ts";
import { dateBeginBud } from "../../src/parsing/time-buds.ts";
import { timeLookupBud, timesBud } from "../../src/parsing/times-bud.ts";
import { uniqueBud } from "../../src/parsing/unique-bud.ts";
import { type Cards, stream } from "./frames.ts";

function files(...frames: readonly Cards[]) {
  return stream(frames.map((cards, index) => [`f${index + 1}.fits`, Header.from(cards)] as const));
}

const wholeFrame = Header.from({
  INSTRUME: "VISP",
  CAM_ID: "c1",
  CAMERA: "Zyla",
  BITDEPTH: 16,
  HWBIN1: 1,
  HWBIN2: 2,
  SWBIN1: 3,
  SWBIN2: 4,
  HLSVERS: "1.8",
  PROP_ID: "p",
  EXPER_ID: "e",
  IPTASK: "polcal",
  DKIST011: "2022-10-24T19:40:00",
  "DATE-BEG": "2022-10-24T19:47:33.218",
  LINEWAV: 630.2,
  DSPSREPS: 4,
  DSPSNUM: 0,
  LVL3STAT: "clear",
  LAMPSTAT: "off",
  OBSPR_ID: "o1",
  XPOSURE: real(5),
  TEXPOSUR: real(1),
  NSUMEXP: 2,
  LIGHTLVL: 1.5,
  ELEV_ANG: 40.5,
  TTBLANGL: 1.25,
  TAZIMUTH: 99.5,
  LVL2STAT: "clear",
  POLANGLE: "none",
  LVL1STAT: "clear",
  RETANGLE: "none",
  LVL0STAT: "DarkShutter",
});

/** One stem of every family, each fed by polcal frames. */
function everyStem(): readonly Stem<keyof typeof l0FitsAccess>[] {
  const parse: TaskParser<"ipTaskType"> = () => "observe";
  return [
    ...defaultConstantBuds(),
    nearFloatBud("NEAR", "lightLevel", 1),
    timeLookupBud("LOOKUP", "fpaExposureTimeMs", "numRawFramesPerFpa"),
    timesBud("TIMES", "fpaExposureTimeMs"),
    distinctCountBud("STATES", "currentDspsRepeat"),
    countBud("N"),
    dateBeginBud("BEGIN"),
    forTasks(uniqueBud("FOR_TASKS", "cameraId"), "polcal", taskWithGains),
    retarderNameBud(),
    numCsStepsBud(20),
    pickyBud(countBud("PICKY"), () => undefined),
    darkReadoutExpTimePickyBud(undefined, ["polcal"]),
    csStepFlower(20),
    taskTypeFlower(taskWithGains),
    polcalTaskFlower(),
    exposureTimeFlower(),
    readoutExpTimeFlower(),
    dspsRepeatFlower(parse),
    modstateFlower("currentDspsRepeat"),
    keyFlower("CAMERA", "cameraId"),
  ];
}

async function rejection(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isFirstlightError(error)) throw new Error("no error of ours");
  return error;
}

describe("the flower pot", () => {
  test("names the flower, the value and the files of what cannot be a tag", async () => {
    const shut = { LVL0STAT: "FieldStop (2.8arcmin)" };
    const filled = fillFlowerPot(files({ LVL0STAT: "open" }, shut, shut), l0FitsAccess, [
      keyFlower("LEVEL0", "gosLevel0Status"),
    ]);
    const error = await rejection(filled);
    expect(error.code).toBe("TAG_ILLEGAL");
    expect(error.fields).toMatchObject({ stem: "LEVEL0", tag: "LEVEL0_FIELDSTOP (2.8ARCMIN)" });
    expect(error.message).toMatch(
      /^The flower LEVEL0 makes a tag of "FieldStop \(2\.8arcmin\)", which \S+ and 1 more has: /,
    );
  });

  describe("a stem that throws is told by its name", () => {
    const broken = new TypeError("oops");
    const fail = (): never => {
      throw broken;
    };
    const bud = { kind: "bud", name: "SEEING", set: () => {}, get: () => 1 } as const;
    const tagger = { kind: "flower", name: "MAP", set: () => {}, get: () => [] } as const;
    const frames = () => files({ CAM_ID: "a" }, { CAM_ID: "b" });

    test.each<[string, Stem, string]>([
      ["a bud at a frame", { ...bud, set: fail }, "The bud SEEING failed at f1.fits: TypeError: oops"],
      ["a bud at the end", { ...bud, get: fail }, "The bud SEEING failed after the last file: TypeError: oops"],
      ["what a flower picks", flower("MAP", fail), "The flower MAP failed at f1.fits: TypeError: oops"],
      ["a flower at the end", { ...tagger, get: fail }, "The flower MAP failed after the last file: TypeError: oops"],
      [
        "what a picky bud complains",
        pickyBud(countBud("N"), fail),
        "The bud N failed after the last file: TypeError: oops",
      ],
    ])("%s", async (_, stem, message) => {
      const error = await rejection(fillFlowerPot(frames(), l0FitsAccess, [stem as never]));
      expect(error).toMatchObject({ code: "STEM_FAILED", message, fields: { stem: stem.name } });
      expect(error.cause).toBe(broken);
    });

    test.each<[string, unknown, string]>([
      ["undefined", undefined, "undefined has no JSON spelling."],
      ["a date in a list", { at: [1, new Date(0)] }, "at at[1], an object of class Date has no JSON spelling."],
    ])("and one that comes to %s, with the place in it", async (_, value, problem) => {
      const error = await rejection(fillFlowerPot(frames(), l0FitsAccess, [{ ...bud, get: () => value as never }]));
      expect(error.code).toBe("STEM_FAILED");
      expect(error.message).toContain(`The bud SEEING came to what no constant can hold: ${problem}`);
    });

    test("and one that picks what is no value of a tag", async () => {
      const error = await rejection(fillFlowerPot(frames(), l0FitsAccess, [flower("MAP", () => ({}) as never)]));
      expect(error.code).toBe("TAG_ILLEGAL");
      expect(error.message).toMatch(/^The flower MAP makes a tag of an object, which f1\.fits has: /);
    });
  });

  test("makes constants of buds and tags of flowers in one pass", async () => {
    const pot = await fillFlowerPot(
      files(
        { IPTASK: "dark", XPOSURE: real(10), TEXPOSUR: 0.5, CAM_ID: "c" },
        { IPTASK: "gain", LVL3STAT: "lamp", LAMPSTAT: "on", XPOSURE: 0.1 + 0.2, TEXPOSUR: 1e-5, CAM_ID: "c" },
      ),
      l0FitsAccess,
      [
        uniqueBud("CAMERA_ID", "cameraId"),
        countBud("N"),
        taskTypeFlower(taskWithGains),
        exposureTimeFlower(),
        readoutExpTimeFlower(),
      ],
    );
    expect(pot.fileCount).toBe(2);
    expect([...pot.constants]).toEqual([
      ["CAMERA_ID", "c"],
      ["N", 2],
    ]);
    expect([...pot.tags]).toEqual([
      ["f1.fits", ["TASK_DARK", "EXP_TIME_10.0", "READOUT_EXP_TIME_0.5"]],
      ["f2.fits", ["TASK_LAMP_GAIN", "EXP_TIME_0.3", "READOUT_EXP_TIME_1E-05"]],
    ]);
    expect(pot.tagged[0]).toEqual({ paths: ["f1.fits"], tags: ["TASK_DARK"] });
    expect([...pot.tags]).toHaveLength(2);
  });

  test("tags and counts modulator state 0", async () => {
    const table = fitsAccess({ modstate: key("MODSTATE", z.int()), modstates: key("NMOD", z.int()) });
    const frames = files({ MODSTATE: 0, NMOD: 2 }, { MODSTATE: 1, NMOD: 2 });
    const pot = await fillFlowerPot(frames, table, [
      modstateFlower("modstate"),
      numModstatesBud("modstates"),
      distinctCountBud("STATES_SEEN", "modstate"),
    ]);
    expect([...pot.tags]).toEqual([
      ["f1.fits", ["MODSTATE_0"]],
      ["f2.fits", ["MODSTATE_1"]],
    ]);
    expect(Object.fromEntries(pot.constants)).toEqual({ NUM_MODSTATES: 2, STATES_SEEN: 2 });
  });

  test("tags repeats on observe frames alone, and polcal frames that calibrate a second time", async () => {
    const polcal = { IPTASK: "polcal", LVL0STAT: "DarkShutter", LVL1STAT: "clear", LVL2STAT: "clear", DSPSNUM: 1 };
    const pot = await fillFlowerPot(files({ IPTASK: "observe", DSPSNUM: 2 }, polcal), l0FitsAccess, [
      taskTypeFlower(),
      polcalTaskFlower(),
      dspsRepeatFlower(),
      ...defaultTagFlowers(),
    ]);
    expect([...pot.tags]).toEqual([
      ["f1.fits", ["TASK_OBSERVE", "DSPS_REPEAT_2"]],
      ["f2.fits", ["TASK_POLCAL", "TASK_POLCAL_DARK"]],
    ]);
  });

  test("gives frames with 10. and 10 the same tag, spelt as the first one is", async () => {
    const pot = await fillFlowerPot(files({ XPOSURE: real(10) }, { XPOSURE: 10 }), l0FitsAccess, [
      exposureTimeFlower(),
    ]);
    expect(pot.tagged).toEqual([{ paths: ["f1.fits", "f2.fits"], tags: ["EXP_TIME_10.0"] }]);
  });

  test("spells logicals and integers as Python does", async () => {
    const pot = await fillFlowerPot(files({ CAM_ID: "a b", DSPSNUM: 10 }), l0FitsAccess, [
      flower("LOCKED", () => true),
      keyFlower("DSPS_REPEAT", "currentDspsRepeat"),
      keyFlower("CAMERA", "cameraId"),
    ]);
    expect([...pot.tags]).toEqual([["f1.fits", ["LOCKED_TRUE", "DSPS_REPEAT_10", "CAMERA_A B"]]]);
  });

  test("a stem name that is part of another's is no match: each flower tags with its whole own stem", async () => {
    const pot = await fillFlowerPot(files({ XPOSURE: 1.5, TEXPOSUR: 2.5 }), l0FitsAccess, [
      readoutExpTimeFlower(),
      exposureTimeFlower(),
    ]);
    expect(pot.tagged.flatMap(({ tags }) => tags)).toEqual(["READOUT_EXP_TIME_2.5", "EXP_TIME_1.5"]);
  });

  test("stores nothing for thorns and for buds that no frame concerned; spilled files get no tag", async () => {
    const picky: Bud<never> = { kind: "bud", name: "CHECK", set() {}, get: () => thorn };
    const pot = await fillFlowerPot(files({ DSPSNUM: 1 }), l0FitsAccess, [
      picky,
      { ...picky, name: "EMPTY", get: () => spilledDirt },
      flower("X", () => spilledDirt),
    ]);
    expect(pot.constants.size).toBe(0);
    expect([...pot.tags]).toEqual([]);
  });

  test("takes a custom FitsAccess, which is one function", async () => {
    const open: Accessor<AccessTo<"night">> = (header, file) => ({
      file,
      header,
      night: file.slice(0, 2),
      scalar: () => file.slice(0, 2),
    });
    const pot = await fillFlowerPot(files({}), open, [uniqueBud("NIGHT", "night")]);
    expect(pot.constants.get("NIGHT")).toBe("f1");
  });

  test("names every contradiction at once", async () => {
    const one = { CAM_ID: "a", LINEWAV: 1.5 };
    const other = { CAM_ID: "b", LINEWAV: 2.5 };
    const error = await rejection(
      fillFlowerPot(files(one, other, one), l0FitsAccess, [
        uniqueBud("CAMERA_ID", "cameraId"),
        uniqueBud("WAVELENGTH", "wavelength"),
      ]),
    );
    expect(error.code).toBe("STEM_DISAGREES");
    expect(error.message).toContain("b in 1 file (f2.fits); a in 2 files (f1.fits, f3.fits)");
    expect(error.message).toContain("2.5 in 1 file (f2.fits)");
  });

  test("a missing key names key and file", async () => {
    const error = await rejection(
      fillFlowerPot(files({ CAM_ID: "a" }, {}), l0FitsAccess, [uniqueBud("CAMERA_ID", "cameraId")]),
    );
    expect(error.code).toBe("HEADER_KEY_MISSING");
    expect(error.fields).toMatchObject({ keyword: "CAM_ID", file: "f2.fits" });
  });

  test("all files that lack a key are named at once, each once, up to twenty", async () => {
    const buds = [uniqueBud("CAMERA_ID", "cameraId"), countBud("N"), uniqueBud("CAMERA", "cameraId")];
    const few = await rejection(fillFlowerPot(files({}, { CAM_ID: "a" }, {}, { CAM_ID: 1n }), l0FitsAccess, buds));
    expect(few.code).toBe("HEADER_KEY_MISSING");
    expect(few.message).toMatch(
      /^The headers lack what is needed in 3 places:\n- .*f1\.fits.*\n- .*f3\.fits.*\n- .*f4\.fits.*$/,
    );
    const many = await rejection(fillFlowerPot(files(...Array.from({ length: 50 }, () => ({}))), l0FitsAccess, buds));
    expect(many.message.split("\n").slice(-2)).toEqual([expect.stringContaining("f20.fits"), "- and 30 more"]);
  });

  test("refuses two buds for one constant before it reads a header", async () => {
    const unread = stream<readonly [string, Header]>([]);
    const error = await rejection(fillFlowerPot(unread, l0FitsAccess, [countBud("N"), countBud("N")]));
    expect(error).toMatchObject({ code: "STEM_DUPLICATED", disposition: "invalid" });
  });

  test("stops at its signal", async () => {
    const signal = AbortSignal.abort(new Error("stopped"));
    await expect(fillFlowerPot(files({}), l0FitsAccess, [countBud("N")], { signal })).rejects.toThrow("stopped");
  });

  test("keeps no header: of 4,000 all can be collected while stems of every family live", async () => {
    const stems = everyStem();
    const given: WeakRef<Header>[] = [];
    async function* headers() {
      for (let index = 0; index < 4_000; index++) {
        const header = new Header(wholeFrame.cards);
        given.push(new WeakRef(header));
        yield [`f${index}.fits`, header] as const;
      }
    }
    const pot = await fillFlowerPot(headers(), l0FitsAccess, stems);
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    // The last one may still be on the stack of the generator.
    const alive = () => given.slice(0, -1).filter((header) => header.deref() !== undefined).length;
    // Whoever asks a weak reference keeps its target until the turn ends.
    for (let round = 0; round < 5 && alive() > 0; round++) {
      await new Promise(setImmediate);
      collect();
    }
    expect(pot.fileCount).toBe(4_000);
    expect(alive()).toBe(0);
    expect(stems.map((stem) => stem.get())).toHaveLength(stems.length);
  });
});

describe("the default constants", () => {
  const header: Cards = {
    INSTRUME: "VISP",
    CAM_ID: "c1",
    CAMERA: "Zyla",
    BITDEPTH: 16,
    HWBIN1: 1,
    HWBIN2: 2,
    SWBIN1: 3,
    SWBIN2: 4,
    HLSVERS: "1.8",
    PROP_ID: "p",
    EXPER_ID: "e",
    IPTASK: "observe",
    "DATE-BEG": "2022-10-24T19:47:33.218",
    LVL3STAT: "clear",
    LAMPSTAT: "off",
  };

  test("take HARDWARE_BINNING_Y from its own card", async () => {
    const pot = await fillFlowerPot(files(header, header), l0FitsAccess, defaultConstantBuds());
    expect(pot.constants.get(BudName.hardwareBinningX)).toBe(1);
    expect(pot.constants.get(BudName.hardwareBinningY)).toBe(2);
    expect(pot.constants.get(BudName.softwareBinningX)).toBe(3);
    expect(pot.constants.get(BudName.softwareBinningY)).toBe(4);
    expect(pot.constants.get(BudName.averageCadence)).toEqual(new Real(0));
  });

  test("have names of the vocabulary only, each once", () => {
    const names = defaultConstantBuds().map(({ name }) => name);
    const known: ReadonlySet<string> = new Set(Object.values(BudName));
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("of the extras come from the frames of their task alone", async () => {
    const dark: Cards = {
      ...header,
      IPTASK: "dark",
      OBSPR_ID: "o1",
      XPOSURE: real(5),
      TEXPOSUR: real(1),
      NSUMEXP: 2,
      LIGHTLVL: 1.5,
      ELEV_ANG: 40.5,
      TTBLANGL: 1.25,
      TAZIMUTH: 99.5,
      LVL2STAT: "clear",
      POLANGLE: "none",
      LVL1STAT: "clear",
      RETANGLE: "none",
      LVL0STAT: "DarkShutter",
    };
    const pot = await fillFlowerPot(files(header, dark), l0FitsAccess, defaultConstantBuds());
    expect(pot.constants.get(BudName.darkAverageLightLevel)).toBe(1.5);
    expect(pot.constants.get(BudName.darkNumRawFramesPerFpa)).toEqual({ "5.0": [2] });
    expect(pot.constants.get(BudName.darkGosPolarizerAngle)).toEqual(new Real(-999));
    expect(pot.constants.get(BudName.darkExposureTimes)).toEqual([new Real(5)]);
    expect(pot.constants.has(BudName.polcalDateBegin)).toBe(false);
  });
});
