import { readFile, stat } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { basename, dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { FirstlightError, isFirstlightError, messageOf } from "../core/errors.ts";
import { explainImportError } from "./explain-import-error.ts";
import { isWorkflow, type Workflow } from "./workflow.ts";

export interface LoadedWorkflow {
  readonly workflow: Workflow;
  /** The file's URL, and the export that holds the workflow: what an attempt's process is given. */
  readonly module: string;
  readonly exportName: string;
}

/**
 * Imports a TypeScript or JavaScript file and finds the workflow that it exports; with `wanted`, the one whose export or
 * whose own name that is. Every error says in one line what to change.
 */
export async function loadWorkflow(file: string, wanted?: string): Promise<LoadedWorkflow> {
  const path = resolve(file);
  await checkFile(file, path);
  const module = pathToFileURL(path).href;
  const namespace = await importModule(path, module);
  const found = new Map<Workflow, string>();
  for (const [name, value] of Object.entries(namespace)) {
    if (isWorkflow(value) && !(found.has(value) && name === "default")) found.set(value, name);
  }
  const candidates = [...found].filter(
    ([{ name }, exportName]) => wanted === undefined || [name, exportName].includes(wanted),
  );
  const [only] = candidates;
  if (only === undefined) throw nothingFound(file, Object.keys(namespace), [...found], wanted);
  if (candidates.length > 1) {
    throw new FirstlightError(
      "WORKFLOW_AMBIGUOUS",
      `${file} exports ${candidates.length} workflows: ${listed(candidates)}. Say which with --workflow NAME.`,
      { disposition: "invalid", fields: { file, exports: candidates.map(([, exportName]) => exportName) } },
    );
  }
  return { workflow: only[0], module, exportName: only[1] };
}

/** Imports a workflow's module by its URL; see `loadWorkflow`. */
export async function importModule(path: string, module: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(/* @vite-ignore */ module)) as Record<string, unknown>;
  } catch (error) {
    if (isFirstlightError(error)) throw error;
    throw new FirstlightError("WORKFLOW_IMPORT_FAILED", explainImportError(path, error), {
      disposition: "invalid",
      fields: { file: path },
      cause: error,
    });
  }
}

async function checkFile(file: string, path: string): Promise<void> {
  const refuse = (
    code: `WORKFLOW_FILE_${"NOT_FOUND" | "TYPE"}` | "WORKFLOW_MODULE_TYPE",
    message: string,
  ): FirstlightError => new FirstlightError(code, message, { disposition: "invalid", fields: { file } });
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw refuse("WORKFLOW_FILE_NOT_FOUND", `There is no file ${path}. Check the path.`);
  if (!found.isFile()) {
    throw refuse("WORKFLOW_FILE_NOT_FOUND", `${path} is a folder. Name the file in it that exports the workflow.`);
  }
  const extension = extname(path);
  if (![".ts", ".mts", ".js", ".mjs"].includes(extension)) {
    throw refuse(
      "WORKFLOW_FILE_TYPE",
      `${file} does not end in .ts, .mts, .js or .mjs. Name the file that exports the workflow.`,
    );
  }
  if (extension.startsWith(".m")) return;
  const nearest = await packageTypeOf(path).catch((error: unknown) => {
    throw refuse("WORKFLOW_MODULE_TYPE", `The package.json of ${file} cannot be read: ${messageOf(error)} Mend it.`);
  });
  if (nearest.type === "module") return;
  throw refuse(
    "WORKFLOW_MODULE_TYPE",
    nearest.packageFile === undefined
      ? `${file} is to be an ES module, and no package.json says so. Write { "type": "module" } into ${join(dirname(path), "package.json")}.`
      : `${file} is to be an ES module. Add "type": "module" to ${nearest.packageFile}.`,
  );
}

async function packageTypeOf(path: string): Promise<{ readonly packageFile?: string; readonly type?: unknown }> {
  const packageFile = findPackageJSON(pathToFileURL(path));
  // Where no folder above holds a package.json, Node names the file itself.
  if (packageFile === undefined || basename(packageFile) !== "package.json") return {};
  const { type } = JSON.parse(await readFile(packageFile, "utf8")) as { readonly type?: unknown };
  return { packageFile, type };
}

function nothingFound(
  file: string,
  exported: readonly string[],
  workflows: readonly (readonly [Workflow, string])[],
  wanted: string | undefined,
): FirstlightError {
  const why =
    exported.length === 0
      ? "It exports nothing"
      : workflows.length === 0
        ? `It exports ${exported.join(", ")}, none of which is a Workflow`
        : `It exports ${listed(workflows)}`;
  const advice =
    workflows.length === 0
      ? "Add 'export const workflow = new Workflow({ … }).add(…)'."
      : "Name one of these with --workflow.";
  const asked = wanted === undefined ? "a workflow" : `a workflow '${wanted}'`;
  return new FirstlightError("WORKFLOW_NOT_EXPORTED", `${file} does not export ${asked}. ${why}. ${advice}`, {
    disposition: "invalid",
    fields: { file, exports: exported },
  });
}

function listed(workflows: readonly (readonly [Workflow, string])[]): string {
  return workflows.map(([{ name }, exportName]) => `${exportName} (${name})`).join(", ");
}
