import { createHash } from "node:crypto";
import { z } from "zod";
import type { TaskClass } from "../tasks/task-base.ts";
import type { Fingerprint } from "./run-store.ts";
import type { WorkflowNode } from "./workflow.ts";

/** What the results of all tasks of a run depend on. */
export interface FingerprintInputs {
  readonly workflow: string;
  readonly version: string;
  readonly inputDigest: string;
  readonly parametersDigest: string;
}

/**
 * The fingerprint of each node: equal as long as its task's version and text, its parameters, its input and all its upstreams'
 * fingerprints are. `nodes` come after their upstreams.
 */
export function fingerprintsOf(
  nodes: readonly WorkflowNode[],
  inputs: FingerprintInputs,
): ReadonlyMap<string, Fingerprint> {
  const fingerprints = new Map<string, Fingerprint>();
  for (const { name, task, after } of nodes) {
    const parts = {
      taskVersion: task.version,
      // The class's own text: what it imports does not show, for which there is its version.
      code: digestOf(String(task)),
      parameters: digestOf([schemaOf(task), inputs.parametersDigest]),
      input: inputs.inputDigest,
      upstreams: after.toSorted(),
    };
    const digest = digestOf([
      inputs.workflow,
      inputs.version,
      name,
      parts,
      parts.upstreams.map((upstream) => fingerprints.get(upstream)?.digest),
    ]);
    fingerprints.set(name, { ...parts, digest });
  }
  return fingerprints;
}

function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

/** The schema of the parameters with its defaults, where JSON Schema can express it. */
function schemaOf(task: TaskClass): unknown {
  const { parameters } = task as TaskClass & { readonly parameters?: z.ZodType };
  if (parameters === undefined) return null;
  try {
    return z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" });
  } catch {
    return null;
  }
}
