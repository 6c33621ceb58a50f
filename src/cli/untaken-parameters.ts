import type { z } from "zod";
import { nearestName } from "../core/nearest-name.ts";
import { parseParameters } from "../services/input-dataset.ts";
import type { WorkflowNode } from "../workflow/workflow.ts";
import type { ParametersFile } from "./parameters-file.ts";

/** A warning for each parameter of `--parameters` that no task takes: a name spelt wrongly would else be a default, in silence. */
export function untakenParameters(
  nodes: readonly WorkflowNode[],
  parameters: ParametersFile | undefined,
): readonly string[] {
  const taken = namesTaken(nodes);
  if (parameters === undefined || taken === undefined) return [];
  return parseParameters(parameters.document)
    .map(({ parameterName }) => parameterName)
    .filter((name) => !taken.has(name))
    .map((name) => {
      const near = nearestName(name, taken);
      const hint = near === undefined ? "" : `; did you mean '${near}'?`;
      return `No task of the workflow takes the parameter '${name}'${hint}`;
    });
}

/** The keys of all schemas; undefined where a schema takes any, or does not say which. */
function namesTaken(nodes: readonly WorkflowNode[]): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (const { task } of nodes) {
    const { parameters } = task as typeof task & { readonly parameters?: z.ZodType };
    if (parameters === undefined) continue;
    // By what it holds and not by its class: an instrument package has a zod of its own.
    const { type, shape, catchall } = parameters._zod.def as Partial<z.core.$ZodObjectDef>;
    if (type !== "object" || shape === undefined || catchall !== undefined) return undefined;
    for (const name of Object.keys(shape)) names.add(name);
  }
  return names;
}
