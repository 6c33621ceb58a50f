import type { Logger } from "../core/log.ts";
import type { Settings } from "../core/settings.ts";
import { formatFrames } from "../services/input-dataset.ts";
import { openServices } from "../services/open-services.ts";
import { registerInputDataset } from "../services/register-input-dataset.ts";
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
  const document = formatFrames([{ bucket: input.folder, objectKeys: input.frames }]);
  await registerInputDataset(services.metadataStore, {
    recipeRunId,
    parts: [
      { type: "observe_frames", document },
      ...(parameters === undefined ? [] : [{ type: "parameters" as const, document: parameters }]),
    ],
    configuration: { teardown_enabled: !keepScratch },
  });
}
