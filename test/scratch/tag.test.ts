import { describe, expect, test } from "vitest";
import { roundDigits } from "../../src/core/round-digits.ts";
import { real } from "../../src/core/scalar.ts";
import { StemName, stemOf } from "../../src/scratch/stem-name.ts";
import { requireLegalTags, Tag } from "../../src/scratch/tag.ts";
import { allOf, anyOf, conjunctionOf, formatQuery, noneOf, wantedBy, withStem } from "../../src/scratch/tag-query.ts";
import { tagVocabulary } from "../../src/scratch/tag-vocabulary.ts";

describe("tags", () => {
  test("are a stem, or a stem and values in upper case", () => {
    expect(Tag.input()).toBe("INPUT");
    expect(Tag.task("observe")).toBe("TASK_OBSERVE");
    expect(Tag.workflowTask("SubtractDark")).toBe("WORKFLOW_TASK_SUBTRACTDARK");
    expect(Tag.parameter("dark_v2.json")).toBe("PARAMETER_DARK_V2.JSON");
    expect(Tag.format("MAP", 3, "left")).toBe("MAP_3_LEFT");
    expect(Tag.csStep(0)).toBe("CS_STEP_0");
    expect(Tag.modstate(0)).toBe("MODSTATE_0");
  });

  test("have the shortcuts of the Python stack", () => {
    expect(Tag.taskGeometricOffset()).toBe("TASK_GEOMETRIC_OFFSETS");
    expect(Tag.taskGeometricSpectralShifts()).toBe("TASK_GEOMETRIC_SPEC_SHIFTS");
    expect(Tag.taskDemodulationMatrices()).toBe("TASK_DEMOD_MATRICES");
    expect(Tag.inputDatasetObserveFrames()).toBe("INPUT_DATASET_OBSERVE_FRAMES");
    expect(Tag.inputDatasetParameters()).toBe("INPUT_DATASET_PARAMETERS");
  });

  test("spell numbers as Python does", () => {
    expect(Tag.exposureTime(10)).toBe("EXP_TIME_10.0");
    expect(Tag.exposureTime(10n)).toBe("EXP_TIME_10");
    expect(Tag.exposureTime(0.01)).toBe("EXP_TIME_0.01");
    expect(Tag.exposureTime(0.00001)).toBe("EXP_TIME_1E-05");
    expect(Tag.exposureTime(1.23456789)).toBe("EXP_TIME_1.234568");
    expect(Tag.readoutExposureTime(0.1 + 0.2)).toBe("READOUT_EXP_TIME_0.3");
    expect(Tag.format("GAIN", real(1e16), true)).toBe("GAIN_1E+16_TRUE");
  });

  test.each<[string, () => string, string]>([
    ["undefined", () => Tag.task(undefined as never), "No tag TASK_… can be made of undefined: "],
    ["null", () => Tag.parameter(null as never), "No tag PARAMETER_… can be made of null: "],
    ["an object", () => Tag.format("MAP", {} as never), "No tag MAP_… can be made of an object: "],
    [
      "a second part that is none",
      () => Tag.format("MAP", 1, undefined as never),
      "No tag MAP_… can be made of undefined",
    ],
    ["no stem", () => Tag.format(undefined as never), "No tag can be made of undefined: "],
    ["a time that is a text", () => Tag.exposureTime("10" as never), 'No tag EXP_TIME_… can be made of "10": '],
    ["a time that is missing", () => Tag.readoutExposureTime(undefined as never), "No tag READOUT_EXP_TIME_… can be"],
  ])("of %s are refused by name", (_, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: "TAG_ILLEGAL", message: expect.stringMatching(new RegExp(`^${message}`)) }),
    );
  });

  test("every function of the vocabulary gives a legal tag", () => {
    const made = Object.entries(Tag).map(([name, make]) =>
      name === "format"
        ? Tag.format("A", "b")
        : (make as (value: never) => string)((/Time$|Step$|state$|Repeat$/.test(name) ? 1 : "x") as never),
    );
    expect(() => requireLegalTags(made)).not.toThrow();
    expect(new Set(made).size).toBe(made.length);
  });

  test.each(["", "lower", "_A", " A", "A\n", "A*", "Ä", "A".repeat(201), "A\0"])("%j is refused by name", (tag) => {
    expect(() => requireLegalTags(["GOOD", tag])).toThrow(
      expect.objectContaining({ code: "TAG_ILLEGAL", message: expect.stringContaining("A-Z or 0-9"), fields: { tag } }),
    );
  });

  test("a list within the list is refused as one", () => {
    expect(() => requireLegalTags([["FRAME"] as never])).toThrow(
      /^A list within the list cannot be written as a tag\. /,
    );
  });

  test.each(["A", "0", "A_B C.D:E+F/G-9", "A".repeat(200)])("%j is legal", (tag) => {
    expect(() => requireLegalTags([tag])).not.toThrow();
  });
});

describe("rounding", () => {
  test.each([
    [0.0078125, 6, 0.007812],
    [0.0234375, 6, 0.023438],
    [-0.0078125, 6, -0.007812],
    [2.5, 0, 2],
    [3.5, 0, 4],
    [2.675, 2, 2.67],
    [1e22, 6, 1e22],
    [0.0000005, 6, 0],
  ])("of %d to %d digits is %d, as in Python", (value, digits, expected) => {
    expect(roundDigits(value, digits)).toBe(expected);
  });
});

describe("stems", () => {
  test("the longest stem wins, and only a whole word counts", () => {
    expect(stemOf("QUALITY_TASK_DARK")).toBe(StemName.qualityTask);
    expect(stemOf("QUALITY_DARK")).toBe(StemName.quality);
    expect(stemOf("INPUT_DATASET_PARAMETERS")).toBe(StemName.inputDataset);
    expect(stemOf("INPUTS")).toBeUndefined();
    expect(stemOf("MAP_SCAN_3", ["MAP", "MAP_SCAN"])).toBe("MAP_SCAN");
  });
});

describe("a vocabulary", () => {
  const MapTag = tagVocabulary({ map: "MAP", mapScan: "MAP_SCAN" });

  test("spells the tags of the library and the instrument's own", () => {
    expect(MapTag.taskDark()).toBe("TASK_DARK");
    expect(MapTag.map("left", 3)).toBe("MAP_LEFT_3");
    expect(MapTag.mapScan(real(2))).toBe("MAP_SCAN_2.0");
    expect(MapTag.map()).toBe("MAP");
    expect(MapTag.stems).toEqual(["MAP", "MAP_SCAN"]);
  });

  test("knows the stem of a tag by its own stems too, and changes nothing for others", () => {
    expect(["MAP_SCAN_3", "MAP_SCANS", "MAPS", "QUALITY_TASK_DARK"].map((tag) => MapTag.stemOf(tag))).toEqual([
      "MAP_SCAN",
      "MAP",
      undefined,
      "QUALITY_TASK",
    ]);
    expect(stemOf("MAP_SCAN_3")).toBeUndefined();
    // @ts-expect-error: the library alone has no such stem.
    expect(() => withStem("MAP")).toThrow(expect.objectContaining({ code: "TAG_STEM_UNKNOWN" }));
  });

  test("refuses a stem that no tag can have, and says which was meant", () => {
    // @ts-expect-error: nor has the instrument.
    expect(() => MapTag.withStem("MAP_SCANS")).toThrow(
      expect.objectContaining({ code: "TAG_STEM_UNKNOWN", message: expect.stringContaining("did you mean MAP_SCAN?") }),
    );
  });

  test.each([
    [{ taskDark: "DARKNESS" }, "a vocabulary has a taskDark already"],
    [{ stems: "STEMS" }, "a vocabulary has a stems already"],
    [{ frames: "FRAME" }, "FRAME is a stem of the library"],
    [{ one: "MAP", two: "MAP" }, "the stem MAP is named twice"],
    [{ map: "map" }, "'map' is no stem"],
    [{ map: "MAP_" }, "'MAP_' is no stem"],
    [{ map: "MAP*" }, "'MAP*' is no stem"],
    [{ map: "" }, "'' is no stem"],
  ])("cannot be made of %j: %s", (own, why) => {
    expect(() => tagVocabulary(own)).toThrow(
      expect.objectContaining({ code: "TAG_VOCABULARY_INVALID", message: expect.stringContaining(why) }),
    );
  });
});

describe("queries", () => {
  const nothing = { choices: [], stems: [], excluded: [] };

  test("nested lists are one list", () => {
    expect(conjunctionOf(["A", ["B", ["C", "A"]]])).toEqual({ ...nothing, tags: ["A", "B", "C"] });
    expect(conjunctionOf(allOf("A", ["B"]))).toEqual({ ...nothing, tags: ["A", "B"] });
    expect(conjunctionOf(anyOf("A"))).toEqual({ ...nothing, tags: ["A"] });
    expect(conjunctionOf(["A", [noneOf("B", "C")]])).toEqual({ ...nothing, tags: ["A"], excluded: ["B", "C"] });
  });

  test("are put in words", () => {
    expect(formatQuery(["A", anyOf("B", ["C", "D"])])).toBe("A and (B or C and D)");
    expect(formatQuery(["A", noneOf("B"), noneOf("C", "D"), noneOf(["E", "F"])])).toBe(
      "A and not B and not (C or D) and not (E and F)",
    );
    expect(formatQuery([withStem("EXP_TIME"), noneOf(noneOf("A"))])).toBe("a tag of stem EXP_TIME and not not A");
  });

  test("tell what they ask for, which is not what they exclude", () => {
    const stem = withStem("TASK");
    expect(wantedBy(["A", anyOf("B", ["A", "D"]), noneOf("E", noneOf("F")), stem])).toEqual(["A", "B", "D", "F", stem]);
  });
});
