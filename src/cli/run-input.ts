import { createHash } from "node:crypto";
import type { Logger } from "../core/log.ts";
import type { Settings } from "../core/settings.ts";
import { parseFrames } from "../services/input-dataset.ts";
import { openServices } from "../services/open-services.ts";
import { type InputFolder, readInputFolder } from "./input-folder.ts";

/** What a run is over: the frames of a folder, or what the metadata store has for its recipe run. */
export interface RunInput {
  /** Names it among the inputs of runs: the folder, or `metadata store`. */
  readonly key: string;
  /** Over names, sizes and times of the files, or over the documents of the input dataset. */
  readonly digest: string;
  readonly frames: number;
  /** Undefined where the metadata store has it. */
  readonly folder: InputFolder | undefined;
}

/** The frames of `--input`. Throws what `readInputFolder` throws. */
export async function folderInput(path: string): Promise<RunInput> {
  const folder = await readInputFolder(path);
  return { key: folder.folder, digest: folder.digest, frames: folder.frames.length, folder };
}

export interface RegisteredInputOptions {
  readonly log: Logger;
  /** Ends the waits for a store that does not answer. */
  readonly signal: AbortSignal | undefined;
}

/**
 * The input dataset that the metadata store of the settings has for a recipe run: a wrong address, token or id is found out before
 * anything runs. Throws `RECIPE_RUN_NOT_FOUND`, `INPUT_DATASET_INVALID`, and what the store throws.
 */
export async function registeredInput(
  recipeRunId: number,
  settings: Settings,
  options: RegisteredInputOptions,
): Promise<RunInput> {
  const { log, signal } = options;
  await using services = openServices(settings, { log, ...(signal === undefined ? {} : { signal }) });
  const { inputDatasetId, parts } = await services.metadataStore.inputDataset(recipeRunId);
  const digest = createHash("sha256").update(`${inputDatasetId}\n`);
  let frames = 0;
  for (const { type, document } of parts) {
    digest.update(`${type}\n${document}\n`);
    if (type === "parameters") continue;
    for (const { objectKeys } of parseFrames(document, type)) frames += objectKeys.length;
  }
  return { key: "metadata store", digest: digest.digest("hex"), frames, folder: undefined };
}

/** What `--json` tells of the files of an input; of objects beyond a network only how many frames they are. */
export function inputFiles({ frames, folder }: RunInput) {
  return { frames, otherFiles: folder?.otherFiles ?? 0, sizeBytes: folder?.sizeBytes ?? null };
}
