import type { ArgsDef, ParsedArgs } from "citty";

const flag = (description: string) => ({ type: "boolean", default: false, description }) as const;
const value = (valueHint: string, description: string) => ({ type: "string", valueHint, description }) as const;

/** The arguments of `run`. */
export const workflowArguments = {
  file: {
    type: "positional",
    required: true,
    description: "The TypeScript or JavaScript file that exports the workflow.",
  },
  input: value(
    "DIR",
    "Folder of the input frames: *.fits, *.fit, *.fts, also with .gz or .fz; not the folders below it. Without it the input is what the metadata store has for --recipe-run.",
  ),
  output: value(
    "DIR",
    "Root folder of the object store, where the products go; made if need be. Without it they go to the object store s3 of the settings.",
  ),
  parameters: value(
    "FILE",
    'JSON file of the parameters of the tasks: {"name": value, …}, or the document of an input dataset.',
  ),
  workflow: value("NAME", "Which workflow, where the file exports several: its name or its export's."),
  "recipe-run": value("N", "Continue this recipe run, or begin it under this id."),
  workers: value("N", "How many tasks run at the same time. Default: the number of cores."),
  scratch: value("DIR", "Folder of scratch and of the record of runs, in place of SCRATCH_BASE_PATH."),
  "keep-scratch": flag("Leave the run's files in scratch when it is done: Teardown does nothing."),
  "in-process": flag("Run the tasks in this process instead of one process each: for a debugger."),
  fresh: flag("Begin a new recipe run even where an unfinished one could go on."),
  json: flag("Print one JSON document on standard output; progress goes to standard error."),
} as const satisfies ArgsDef;

export type WorkflowArguments = ParsedArgs<typeof workflowArguments>;

const { workers: _workers, "keep-scratch": _keepScratch, ...whichRun } = workflowArguments;

/** The arguments of `plan`: those of `run` that say what is done, not those that say how. */
export const planArguments = whichRun;

export type PlanArguments = ParsedArgs<typeof planArguments>;
