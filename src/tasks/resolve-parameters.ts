import { z } from "zod";
import { readAll } from "../core/byte-source.ts";
import { FirstlightError } from "../core/errors.ts";
import { openFile } from "../core/file.ts";
import type { Scratch } from "../scratch/scratch.ts";
import { Tag } from "../scratch/tag.ts";
import { type InputParameter, type InputParameterValue, parseParameters } from "../services/input-dataset.ts";
import { severalFilesFound } from "./several-files-found.ts";

/**
 * The values of a task's parameters: for each key of its schema the newest value of the input dataset's parameters document
 * that was in force at `at` (of two that begin at one time, the one with the greater id), else the schema's default. Without a
 * schema, `{}`.
 *
 * @throws FirstlightError PARAMETERS_INVALID for what the schema refuses, and for parameters whose values all begin later;
 * SEVERAL_FILES_FOUND for two documents, INPUT_DATASET_INVALID for one that cannot be read
 */
export async function resolveParameters(
  task: { readonly name: string; readonly parameters?: z.ZodType },
  scratch: Scratch,
  at: Date,
): Promise<unknown> {
  if (task.parameters === undefined) return {};
  requireParametersSchema(task);
  const inForce: Record<string, unknown> = {};
  const notYet: string[] = [];
  for (const parameter of await readParameters(scratch)) {
    const newest = newestAt(parameter, at);
    if (newest !== undefined) inForce[parameter.parameterName] = newest.parameterValue;
    else notYet.push(parameter.parameterName);
  }
  const parsed = task.parameters.safeParse(inForce);
  if (parsed.success) return parsed.data;
  const early = notYet.filter((name) => parsed.error.issues.some(({ path }) => path[0] === name));
  const hint =
    early.length === 0 ? "" : `\nNo value of ${early.join(", ")} was in force at ${at.toISOString()}: all begin later.`;
  throw new FirstlightError(
    "PARAMETERS_INVALID",
    `The parameters of ${task.name} do not fit its schema:\n${z.prettifyError(parsed.error)}${hint}\nGive them in the parameters document of the input dataset ('firstlight run --parameters FILE'), or give the schema a default.`,
    { disposition: "invalid", fields: { task: task.name, issues: parsed.error.issues, notYet: early } },
  );
}

/**
 * Refuses a `static parameters` that is no schema, as in `{ sigma: z.number() }`: the type checker does not see it.
 *
 * @throws FirstlightError PARAMETERS_INVALID
 */
export function requireParametersSchema(task: { readonly name: string; readonly parameters?: unknown }): void {
  const { name, parameters } = task;
  if (parameters === undefined) return;
  if (typeof parameters === "object" && parameters !== null && "safeParse" in parameters) return;
  throw new FirstlightError(
    "PARAMETERS_INVALID",
    `'static parameters' of ${name} is no zod schema. Write it as z.object({ name: z.number(), … }).`,
    { disposition: "invalid", fields: { task: name } },
  );
}

function newestAt({ parameterValues }: InputParameter, at: Date): InputParameterValue | undefined {
  return parameterValues
    .filter((value) => value.parameterValueStartDate.getTime() <= at.getTime())
    .reduce<InputParameterValue | undefined>((a, b) => (a === undefined || isNewer(b, a) ? b : a), undefined);
}

function isNewer(a: InputParameterValue, b: InputParameterValue): boolean {
  const differenceMs = a.parameterValueStartDate.getTime() - b.parameterValueStartDate.getTime();
  return differenceMs > 0 || (differenceMs === 0 && a.parameterValueId > b.parameterValueId);
}

async function readParameters(scratch: Scratch): Promise<readonly InputParameter[]> {
  const [path, ...others] = await scratch.find([Tag.inputDatasetParameters()]);
  if (path === undefined) return [];
  if (others.length > 0) throw severalFilesFound(scratch, Tag.inputDatasetParameters(), [path, ...others]);
  await using source = await openFile(path);
  return parseParameters(new TextDecoder().decode(await readAll(source)));
}
