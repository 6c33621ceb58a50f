import { expect, test } from "vitest";
import { z } from "zod";
import { isFirstlightError } from "../../src/core/errors.ts";
import { formatPythonJson, parsePythonJson } from "../../src/core/python-json.ts";
import { Real } from "../../src/core/scalar.ts";
import { BudName } from "../../src/parsing/bud-name.ts";
import { constant, constantsView } from "../../src/parsing/constants-view.ts";
import { datasetId } from "../../src/parsing/dataset-id.ts";
import { dkistConstants, stokesParameters } from "../../src/parsing/dkist-constants.ts";
import { Tag } from "../../src/scratch/tag.ts";

/** The constants as they come back from the store, after Python's JSON. */
function view(constants: Readonly<Record<string, unknown>>) {
  const store = new Map(
    Object.entries(constants).map(([name, value]) => [name, parsePythonJson(formatPythonJson(value))]),
  );
  return constantsView({ recipeRunId: 7, constants: store }, dkistConstants);
}

test("the view has a property for every constant of the vocabulary, under its own name", () => {
  const { datasetId, stokesParams, ...stored } = dkistConstants;
  const shown = Object.entries(stored).map(([name, spec]) => [name, spec.constant]);
  expect(shown).toEqual(Object.entries(BudName));
});

test("raw frames per exposure time have numbers for times again", () => {
  const { darkNumRawFramesPerFpa } = view({ DARK_NUM_RAW_FRAMES_PER_FPA: { "10.0": [3], "1e-05": [1, 2] } });
  expect(darkNumRawFramesPerFpa).toEqual(
    new Map([
      [10, [3]],
      [1e-5, [1, 2]],
    ]),
  );
});

test("angles are texts, spelt as Python spells them", () => {
  const angles = view({
    DARK_GOS_POLARIZER_ANGLE: new Real(-999),
    DARK_GOS_RETARDER_ANGLE: 45.5,
    SOLAR_GAIN_GOS_POLARIZER_ANGLE: "none",
  });
  expect(angles.darkGosPolarizerAngle).toBe("-999.0");
  expect(angles.darkGosRetarderAngle).toBe("45.5");
  expect(angles.solarGainGosPolarizerAngle).toBe("none");
});

test("a list that was stored as one bare value is a list of one", () => {
  const lists = view({
    CONTRIBUTING_PROPOSAL_IDS: "p1",
    CONTRIBUTING_EXPERIMENT_IDS: ["e1", "e2"],
    DARK_EXPOSURE_TIMES: new Real(10),
    POLCAL_NUM_RAW_FRAMES_PER_FPA: { "1.5": 3 },
  });
  expect(lists.contributingProposalIds).toEqual(["p1"]);
  expect(lists.contributingExperimentIds).toEqual(["e1", "e2"]);
  expect(lists.darkExposureTimes.map(Tag.exposureTime)).toEqual(["EXP_TIME_10.0"]);
  expect(lists.polcalNumRawFramesPerFpa.get(1.5)).toEqual([3]);
});

test("numbers, texts and counts come as such, and what is of another type is named", () => {
  const shown = view({ WAVELENGTH: 630.2, NUM_MODSTATES: 0, INSTRUMENT: "VISP", AVERAGE_CADENCE: new Real(3) });
  expect([shown.wavelength, shown.numModstates, shown.instrument, shown.averageCadence]).toEqual([630.2, 0, "VISP", 3]);
  for (const [name, wrong] of [
    ["NUM_CS_STEPS", 1.5],
    ["CAMERA_ID", 7],
    ["WAVELENGTH", "red"],
  ] as const) {
    const property = Object.entries(BudName).find(([, constantName]) => constantName === name)?.[0];
    try {
      void view({ [name]: wrong })[property as keyof typeof BudName];
      expect.unreachable(name);
    } catch (error) {
      expect(isFirstlightError(error, "CONSTANT_INVALID"), name).toBe(true);
    }
  }
});

test("an instrument's table spreads it and adds its own", () => {
  const table = { ...dkistConstants, mapScans: constant("NUM_MAP_SCANS", z.int()) };
  const store = new Map<string, unknown>([
    ["NUM_MAP_SCANS", 2],
    ["INSTRUMENT", "VISP"],
  ]);
  const shown = constantsView({ recipeRunId: 7, constants: store }, table);
  expect([shown.mapScans, shown.instrument]).toEqual([2, "VISP"]);
});

test("the view knows the dataset's id, and the four Stokes parameters", () => {
  expect(view({}).datasetId).toBe(datasetId(7));
  expect(view({}).stokesParams).toBe(stokesParameters);
  expect(stokesParameters.map(Tag.stokes)).toEqual(["STOKES_I", "STOKES_Q", "STOKES_U", "STOKES_V"]);
});
