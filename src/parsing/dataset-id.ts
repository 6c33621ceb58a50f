import Sqids from "sqids";
import { FirstlightError } from "../core/errors.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
// Made once: each takes the block list through the alphabet, which costs a millisecond.
const datasets = /* @__PURE__ */ new Sqids({ alphabet, minLength: 6 });
const products = /* @__PURE__ */ new Sqids({ alphabet, minLength: 5 });

/**
 * The name of the dataset that a recipe run makes: its id in Sqids spelling (sqids.org), capital letters only, at least
 * six, without words of the default block list. The same as in the Python stack.
 *
 * @throws FirstlightError RECIPE_RUN_ID_INVALID for anything but a non-negative integer
 */
export function datasetId(recipeRunId: number): string {
  return encode(datasets, recipeRunId);
}

/** The recipe run that a dataset came from; `undefined` for a text that no recipe run has. */
export function recipeRunIdOf(dataset: string): number | undefined {
  const [recipeRunId, ...more] = datasets.decode(dataset);
  const isOurs = recipeRunId !== undefined && more.length === 0 && encode(datasets, recipeRunId) === dataset;
  return isOurs ? recipeRunId : undefined;
}

/** The name of the product that one input dataset yields, whatever the recipe run: `L1-` and its id, at least five letters. */
export function productId(observeFramesPartId: number): string {
  return `L1-${encode(products, observeFramesPartId)}`;
}

function encode(sqids: Sqids, id: number): string {
  if (!Number.isSafeInteger(id) || id < 0) {
    throw new FirstlightError(
      "RECIPE_RUN_ID_INVALID",
      `A dataset is named after an integer id from 0 on; '${id}' is none.`,
      { disposition: "invalid", fields: { id } },
    );
  }
  return sqids.encode([id]);
}
