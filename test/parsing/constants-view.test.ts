import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Real } from "../../src/core/scalar.ts";
import { BudName } from "../../src/parsing/bud-name.ts";
import { constant, constantsView, derived, exactNumber } from "../../src/parsing/constants-view.ts";
import { datasetId, productId, recipeRunIdOf } from "../../src/parsing/dataset-id.ts";
import { Tag } from "../../src/scratch/tag.ts";
import { thrown } from "../fixtures/thrown.ts";

const table = {
  wavelength: constant(BudName.wavelength, z.number(), { from: "ParseEit" }),
  darkTimes: constant(BudName.darkExposureTimes, z.array(exactNumber), { exact: true }),
  MAP_SCANS: z.int(),
};

const runWith = (constants: ReadonlyMap<string, unknown>) => ({ recipeRunId: 7, constants });

describe("a constants view", () => {
  test("shows plain values through their schemas, and what is asked for only", () => {
    const constants = new Map<string, unknown>([
      ["WAVELENGTH", new Real(630)],
      ["MAP_SCANS", 3],
    ]);
    const view = constantsView(runWith(constants), table);
    expect(view.wavelength).toBe(630);
    expect(view.MAP_SCANS).toBe(3);
  });

  test("keeps integer and real apart where asked, so that tags are spelt as the frames' are", () => {
    const store = new Map([["DARK_EXPOSURE_TIMES", [0.5, 5, new Real(10)]]]);
    const tags = constantsView(runWith(store), table).darkTimes.map(Tag.exposureTime);
    expect(tags).toEqual(["EXP_TIME_0.5", "EXP_TIME_5", "EXP_TIME_10.0"]);
  });

  test("a missing constant names itself, who sets it, and those that there are", () => {
    const error = thrown(() => constantsView(runWith(new Map([["B", 1]])), table).wavelength);
    expect(error.code).toBe("CONSTANT_MISSING");
    expect(error.fields).toEqual({ constant: "WAVELENGTH", from: "ParseEit", known: ["B"] });
    expect(error.message).toContain("ParseEit sets it");
  });

  test("a constant of the wrong type names itself and its value", () => {
    const error = thrown(() => constantsView(runWith(new Map([["WAVELENGTH", "red"]])), table).wavelength);
    expect(error.code).toBe("CONSTANT_INVALID");
    expect(error.message).toContain('WAVELENGTH is "red"');
  });
});

test("a view shows what follows from the run and its constants", () => {
  const view = constantsView(runWith(new Map([["WAVELENGTH", 630]])), {
    datasetId: derived(({ recipeRunId }) => datasetId(recipeRunId)),
    hasWavelength: derived(({ constants }) => constants.has("WAVELENGTH")),
  });
  expect(view).toEqual({ datasetId: datasetId(7), hasWavelength: true });
});

describe("the dataset id", () => {
  test("has at least six capital letters, differs from run to run, and leads back", () => {
    const ids = Array.from({ length: 2000 }, (_, index) => datasetId(index));
    expect(new Set(ids).size).toBe(2000);
    expect(ids.every((id, index) => /^[A-Z]{6,}$/.test(id) && recipeRunIdOf(id) === index)).toBe(true);
  });

  test("of a text that no run has is nothing", () => {
    expect(recipeRunIdOf("AAAAAA")).toBeUndefined();
    expect(recipeRunIdOf("lower")).toBeUndefined();
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 53])("refuses %d", (id) => {
    expect(thrown(() => datasetId(id)).code).toBe("RECIPE_RUN_ID_INVALID");
  });

  test("of a product has at least five letters behind its level", () => {
    expect(productId(455)).toMatch(/^L1-[A-Z]{5,}$/);
  });
});
