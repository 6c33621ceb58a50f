import { z } from "zod";
import { readAll } from "../core/byte-source.ts";
import { FirstlightError } from "../core/errors.ts";
import { openFile } from "../core/file.ts";
import type { Scratch } from "../scratch/scratch.ts";
import { Tag } from "../scratch/tag.ts";
import { parseParameters } from "../services/input-dataset.ts";

/**
 * The values of a task's parameters: for each key of its schema the newest value of the input dataset's parameters document
 * that was in force at `at`, else the schema's default. What the schema refuses is named with its value.
 */
export async function resolveParameters(
  task: { readonly name: string; readonly parameters?: z.ZodType },
  scratch: Scratch,
  at: Date,
): Promise<unknown> {
  if (task.parameters === undefined) return {};
  const inForce: Record<string, unknown> = {};
  for (const parameter of await readParameters(scratch)) {
    const candidates = parameter.parameterValues
      .filter((value) => value.parameterValueStartDate.getTime() <= at.getTime())
      .sort((a, b) => b.parameterValueStartDate.getTime() - a.parameterValueStartDate.getTime());
    if (candidates[0] !== undefined) inForce[parameter.parameterName] = candidates[0].parameterValue;
  }
  const parsed = task.parameters.safeParse(inForce);
  if (parsed.success) return parsed.data;
  throw new FirstlightError(
    "PARAMETERS_INVALID",
    `The parameters of ${task.name} do not fit its schema: ${z.prettifyError(parsed.error)}\nMend the parameters document of the input dataset, or give the schema a default.`,
    { disposition: "invalid", fields: { task: task.name, issues: parsed.error.issues } },
  );
}

async function readParameters(scratch: Scratch): Promise<ReturnType<typeof parseParameters>> {
  const [path] = await scratch.find([Tag.inputDatasetParameters()]);
  if (path === undefined) return [];
  await using source = await openFile(path);
  return parseParameters(new TextDecoder().decode(await readAll(source)));
}
