import { expect, test } from "vitest";
import { recipeRunConfiguration } from "../../src/services/recipe-run-configuration.ts";

test("an empty configuration has the Python stack's defaults", () => {
  expect(recipeRunConfiguration({})).toEqual({
    validateL1OnWrite: true,
    destinationBucket: "data",
    tileSize: undefined,
    trialDirectoryName: undefined,
    trialRootDirectoryName: undefined,
    teardownEnabled: true,
    trialExclusiveTransferTagLists: undefined,
  });
});

test("what is named is taken, null is the default, and what belongs to others is let pass", () => {
  expect(
    recipeRunConfiguration({
      validate_l1_on_write: false,
      destination_bucket: "trial",
      tile_size: null,
      teardown_enabled: false,
      trial_exclusive_transfer_tag_lists: [["OUTPUT", "FRAME"], ["DEBUG"]],
      someone_elses: 1,
    }),
  ).toMatchObject({
    validateL1OnWrite: false,
    destinationBucket: "trial",
    tileSize: undefined,
    teardownEnabled: false,
    trialExclusiveTransferTagLists: [["OUTPUT", "FRAME"], ["DEBUG"]],
  });
});

test("a value of another type is refused by its name", () => {
  expect(() => recipeRunConfiguration({ teardown_enabled: "no" })).toThrow(
    expect.objectContaining({
      code: "RECIPE_RUN_CONFIGURATION_INVALID",
      disposition: "invalid",
      message: expect.stringContaining("teardown_enabled"),
    }),
  );
});
