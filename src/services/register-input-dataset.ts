import { FirstlightError } from "../core/errors.ts";
import type { MetadataStore, RecipeRunRegistration } from "./metadata-store.ts";

/**
 * Makes frames of one machine the input dataset of a recipe run. A run that goes on takes the input as it lies there now.
 *
 * @throws FirstlightError INPUT_NOT_REGISTERED where the metadata store is a facility's, which registers its runs itself
 */
export async function registerInputDataset(
  metadataStore: MetadataStore,
  registration: Omit<RecipeRunRegistration, "replace">,
): Promise<void> {
  if (metadataStore.register === undefined) throw inputNotRegistered(metadataStore.name, registration.recipeRunId);
  await metadataStore.register({ ...registration, replace: true });
}

export function inputNotRegistered(driver: string, recipeRunId?: number): FirstlightError {
  const run = recipeRunId === undefined ? "a recipe run" : `recipe run ${recipeRunId}`;
  return new FirstlightError(
    "INPUT_NOT_REGISTERED",
    `The metadata store '${driver}' belongs to the facility: files of this machine cannot be registered there as the input of ${run}. Leave --input out and name by --recipe-run a run that it knows, or run with METADATA_STORE_DRIVER=sqlite.`,
    { disposition: "invalid", fields: { driver, ...(recipeRunId === undefined ? {} : { recipeRunId }) } },
  );
}
