import { access, constants, realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FirstlightError, messageOf } from "../core/errors.ts";
import { makeFolders } from "../core/file.ts";
import type { Logger } from "../core/log.ts";
import { driverOf } from "../core/service-driver.ts";
import { type Environment, loadSettings, type Settings } from "../core/settings.ts";
import { inputNotRegistered } from "../services/register-input-dataset.ts";
import { type LoadedWorkflow, loadWorkflow } from "../workflow/load-workflow.ts";
import type { PlanOptions } from "../workflow/run-options.ts";
import { type ParametersFile, readParametersFile } from "./parameters-file.ts";
import { folderInput, type RunInput, registeredInput } from "./run-input.ts";
import { usageError } from "./usage-error.ts";
import { wholeNumber } from "./whole-number.ts";
import type { PlanArguments } from "./workflow-arguments.ts";

/** What the command line asks to be run, looked at and found good. */
export interface RunTarget {
  readonly loaded: LoadedWorkflow;
  readonly input: RunInput;
  /** Names the output: the folder of the products, absolute, or the object store `s3`. */
  readonly output: string;
  /** Absolute; undefined where the products go to a server. */
  readonly outputFolder: string | undefined;
  readonly parameters: ParametersFile | undefined;
  readonly settings: Settings;
  readonly options: PlanOptions & { readonly env: Environment };
  readonly workers: number | undefined;
}

export interface ResolveTargetOptions {
  /** Told of waits for a metadata store that does not answer. */
  readonly log: Logger;
  readonly signal?: AbortSignal;
}

/** Reads arguments, settings, workflow and input, in this order: the cheapest to mend is complained of first. */
export async function resolveTarget(
  args: PlanArguments & { readonly workers?: string | undefined; readonly "keep-scratch"?: boolean | undefined },
  env: Environment,
  { log, signal }: ResolveTargetOptions,
): Promise<RunTarget> {
  const recipeRunId = wholeNumber("--recipe-run", args["recipe-run"]);
  const workers = wholeNumber("--workers", args.workers);
  const { env: complete, settings } = settingsOf(env, args.scratch, args.output);
  const isOnDisk = driverOf(settings, "objectStore").driver === "fs";
  if (args.output === undefined && isOnDisk) {
    throw usageError("--output DIR is missing: the object store is a folder, and the products need a place in it.");
  }
  requireInput(args, recipeRunId);
  if (args.input !== undefined) requireOwnMetadataStore(settings);
  const loaded = await loadWorkflow(args.file, args.workflow);
  const input =
    args.input === undefined
      ? await registeredInput(recipeRunId ?? 0, settings, { log, signal })
      : await folderInput(args.input);
  const parameters = args.parameters === undefined ? undefined : await readParametersFile(args.parameters);
  const output = args.output === undefined ? "s3" : await realPathOf(args.output);
  if (output === input.folder?.folder) {
    throw usageError(`--input and --output are both ${output}. Name another folder for the products.`);
  }
  return {
    loaded,
    input,
    output,
    outputFolder: isOnDisk ? output : undefined,
    parameters,
    settings,
    workers,
    options: {
      inputKey: input.key,
      outputKey: output,
      inputDigest: input.digest,
      ...(parameters === undefined ? {} : { parametersDigest: parameters.digest }),
      ...(recipeRunId === undefined ? {} : { recipeRunId }),
      fresh: args.fresh,
      inProcess: args["in-process"],
      module: loaded.module,
      env: complete,
    },
  };
}

/** Found out before a run has begun whose input would be the folder for ever. Throws `INPUT_NOT_REGISTERED`. */
function requireOwnMetadataStore(settings: Settings): void {
  const { driver } = driverOf(settings, "metadataStore");
  if (driver !== "sqlite") throw inputNotRegistered(driver);
}

/** Without a folder the metadata store says all of the input, for a run that it knows. */
function requireInput(
  args: { readonly input?: string | undefined; readonly parameters?: string | undefined } & {
    readonly "keep-scratch"?: boolean | undefined;
  },
  recipeRunId: number | undefined,
): void {
  if (args.input !== undefined) return;
  if (recipeRunId === undefined) {
    throw usageError(
      "--input DIR is missing. Without it name by --recipe-run N a recipe run whose input the metadata store has.",
    );
  }
  for (const [flag, isGiven, instead] of [
    ["--parameters", args.parameters !== undefined, "the parameters, too, are those of its input dataset"],
    ["--keep-scratch", args["keep-scratch"] === true, "its configuration says teardown_enabled"],
  ] as const) {
    if (isGiven) {
      throw usageError(
        `${flag} goes with --input: of recipe run ${recipeRunId} the metadata store says all, and ${instead}.`,
      );
    }
  }
}

/** The settings with the folders of the command line; absolute, so that a task may change its current folder. */
export function settingsOf(
  env: Environment,
  scratch: string | undefined,
  output?: string,
): { readonly env: Environment; readonly settings: Settings } {
  const { scratchBasePath } = loadSettings(env);
  const complete: Environment = {
    ...env,
    SCRATCH_BASE_PATH: resolve(scratch ?? scratchBasePath),
    ...(output === undefined ? {} : { FIRSTLIGHT_OBJECT_STORE_PATH: resolve(output) }),
  };
  return { env: complete, settings: loadSettings(complete) };
}

/** Makes the folder of the products, so that a run does not find out at its end that it cannot be. Throws `OUTPUT_FOLDER`. */
export async function makeOutputFolder(output: string): Promise<void> {
  try {
    await makeFolders(output);
    await access(output, constants.W_OK);
  } catch (error) {
    throw new FirstlightError(
      "OUTPUT_FOLDER",
      `The folder ${output} of --output cannot be made or written to: ${messageOf(error)}. Name another one.`,
      { disposition: "invalid", fields: { folder: output }, cause: error },
    );
  }
}

/** The path with links resolved as far as it exists: the same folder has the same name before and after it is made. */
async function realPathOf(path: string): Promise<string> {
  const missing: string[] = [];
  for (let at = resolve(path); ; at = resolve(at, "..")) {
    try {
      return join(await realpath(at), ...missing);
    } catch {
      if (resolve(at, "..") === at) return resolve(path);
      missing.unshift(at.slice(resolve(at, "..").length).replace(/^[\\/]/, ""));
    }
  }
}
