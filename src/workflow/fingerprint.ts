import { createHash } from "node:crypto";
import { z } from "zod";
import { libraryBase, type TaskClass } from "../tasks/task-base.ts";
import { moduleSources } from "./module-sources.ts";
import type { Fingerprint } from "./run-store.ts";
import type { WorkflowNode } from "./workflow.ts";

/** What the results of all tasks of a run depend on. */
export interface FingerprintInputs {
  readonly workflow: string;
  readonly version: string;
  readonly inputDigest: string;
  readonly parametersDigest: string;
  /** The URL of the workflow's module; without one only the texts of the classes themselves count. */
  readonly module?: string | undefined;
}

/**
 * The fingerprint of each node: equal as long as its task's version and text, those of its base classes and of the files that the
 * task's own file imports by relative paths, its parameters, its input and all its upstreams' fingerprints are. Packages and data
 * files are not seen: for them there is the task's version. `nodes` come after their upstreams.
 */
export function fingerprintsOf(
  nodes: readonly WorkflowNode[],
  inputs: FingerprintInputs,
): ReadonlyMap<string, Fingerprint> {
  const fingerprints = new Map<string, Fingerprint>();
  const sources = moduleSources(inputs.module);
  for (const { name, task, after } of nodes) {
    const parts = {
      taskVersion: task.version,
      code: digestOf([...textsOf(task), ...sources.textsOf(name)].join("\n")),
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

/** The text of the class and of those that it extends, up to the bases of the library, of this copy or another. */
function textsOf(task: TaskClass): readonly string[] {
  const texts: string[] = [];
  for (let at: unknown = task; typeof at === "function" && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, libraryBase)) break;
    texts.push(String(at));
  }
  return texts;
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
