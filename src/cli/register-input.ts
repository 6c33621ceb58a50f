import { FirstlightError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Settings } from "../core/settings.ts";
import { formatFrames } from "../services/input-dataset.ts";
import { openServices } from "../services/open-services.ts";
import type { InputFolder } from "./input-folder.ts";

export interface InputRegistration {
  readonly recipeRunId: number;
  readonly input: InputFolder;
  /** The document of parameters; without one there are none. */
  readonly parameters?: string | undefined;
  readonly keepScratch: boolean;
  readonly settings: Settings;
  readonly log: Logger;
}

/** Makes the folder the input dataset of a recipe run: its absolute path stands for the bucket. Throws `INPUT_NOT_REGISTERED`. */
export async function registerInput({
  recipeRunId,
  input,
  parameters,
  keepScratch,
  settings,
  log,
}: InputRegistration): Promise<void> {
  await using services = openServices(settings, { log });
  const { metadataStore } = services;
  if (metadataStore.register === undefined) {
    throw new FirstlightError(
      "INPUT_NOT_REGISTERED",
      `The metadata store '${metadataStore.name}' belongs to the facility: a folder cannot be registered there as the input of recipe run ${recipeRunId}. Run with METADATA_STORE_DRIVER=sqlite.`,
      { disposition: "invalid", fields: { driver: metadataStore.name, recipeRunId } },
    );
  }
  const document = formatFrames([{ bucket: input.folder, objectKeys: input.frames }]);
  await metadataStore.register({
    recipeRunId,
    parts: [
      { type: "observe_frames", document },
      ...(parameters === undefined ? [] : [{ type: "parameters" as const, document: parameters }]),
    ],
    configuration: { teardown_enabled: !keepScratch },
    // A run that goes on takes the input as it lies there now: the plan has seen to it that what changed is done anew.
    replace: true,
  });
}
