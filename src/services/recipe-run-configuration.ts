import { z } from "zod";
import { FirstlightError } from "../core/errors.ts";

const schema = z
  .looseObject({
    validate_l1_on_write: z.boolean().default(true),
    destination_bucket: z.string().min(1).default("data"),
    tile_size: z.int().positive().nullish(),
    trial_directory_name: z.string().min(1).nullish(),
    trial_root_directory_name: z.string().min(1).nullish(),
    teardown_enabled: z.boolean().default(true),
    trial_exclusive_transfer_tag_lists: z.array(z.array(z.string())).nullish(),
  })
  .transform((configuration) => ({
    validateL1OnWrite: configuration.validate_l1_on_write,
    destinationBucket: configuration.destination_bucket,
    /** Edge of a compression tile in pixels. */
    tileSize: configuration.tile_size ?? undefined,
    trialDirectoryName: configuration.trial_directory_name ?? undefined,
    trialRootDirectoryName: configuration.trial_root_directory_name ?? undefined,
    teardownEnabled: configuration.teardown_enabled,
    trialExclusiveTransferTagLists: configuration.trial_exclusive_transfer_tag_lists ?? undefined,
  }));

/** What a recipe run may be told beside its inputs. */
export type RecipeRunConfiguration = Readonly<z.output<typeof schema>>;

/**
 * Reads the configuration of a recipe run, in which the names are the Python stack's (`teardown_enabled`), and fills in the
 * defaults. Names that it does not know are another task's business.
 *
 * @throws FirstlightError RECIPE_RUN_CONFIGURATION_INVALID
 */
export function recipeRunConfiguration(configuration: Readonly<Record<string, unknown>>): RecipeRunConfiguration {
  const parsed = schema.safeParse(configuration);
  if (parsed.success) return parsed.data;
  throw new FirstlightError(
    "RECIPE_RUN_CONFIGURATION_INVALID",
    `The configuration of the recipe run cannot be used:\n${z.prettifyError(parsed.error)}`,
    { disposition: "invalid", fields: { issues: parsed.error.issues } },
  );
}
