import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { inspectionLines, runsTable } from "../render/inspection-lines.ts";
import { readInspection } from "../run-inspection.ts";
import { readRuns } from "../run-record.ts";
import { settingsOf } from "../run-target.ts";
import { wholeNumber } from "../whole-number.ts";

const flag = (description: string) => ({ type: "boolean", default: false, description }) as const;

export const inspect = defineCommand({
  name: "inspect",
  summary: "Show recipe runs: their tasks, files, messages and provenance.",
  description:
    "Without RUN: the recipe runs, newest first. With RUN: its tasks, times, frames, and where everything lies. A flag adds a part of it.",
  args: {
    run: { type: "positional", required: false, description: "The id of a recipe run." },
    attempts: flag("Every attempt with its states, its error and the last lines that it printed."),
    messages: flag("The messages of the run on the bus."),
    tags: flag("The tags in scratch, and how many files carry each."),
    constants: flag("The constants of the run."),
    provenance: flag("Which task read and wrote which files, with their checksums, and the versions of the libraries."),
    scratch: {
      type: "string",
      valueHint: "DIR",
      description: "Folder of scratch and of the record of runs, in place of SCRATCH_BASE_PATH.",
    },
    json: flag("Print one JSON document."),
  },
  examples: [
    { shows: "Which runs are there?", command: "firstlight inspect" },
    { shows: "What was the catalog told?", command: "firstlight inspect 3 --messages" },
    { shows: "Why did it fail?", command: "firstlight inspect 3 --attempts" },
  ],
  async run(args, { env, stdout }) {
    const { settings } = settingsOf(env, args.scratch);
    const recipeRunId = wholeNumber("RUN", args.run);
    const page = { width: stdout.width(), style: stdout.style };
    if (recipeRunId === undefined) {
      const runs = await readRuns(settings.scratchBasePath);
      if (args.json) stdout.document({ runs });
      else stdout.lines(runsTable(runs, settings.scratchBasePath, page));
      return exitCodes.done;
    }
    const { attempts, messages, tags, constants, provenance } = args;
    const inspection = await readInspection(recipeRunId, settings, { attempts, messages, tags, constants, provenance });
    if (args.json) stdout.document(inspection);
    else stdout.lines(inspectionLines(inspection, page));
    return exitCodes.done;
  },
});
