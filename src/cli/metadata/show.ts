import { createLogger } from "../../core/log.ts";
import type { InputDataset, RecipeRun, RecipeRunRecord } from "../../services/metadata-store.ts";
import { openServices } from "../../services/open-services.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { formatBytes } from "../render/count.ts";
import type { Style } from "../render/style.ts";
import { oneLine } from "../render/text-width.ts";
import { settingsOf } from "../run-target.ts";
import { wholeNumber } from "../whole-number.ts";
import { jsonArgument, scratchArgument } from "./arguments.ts";

/** What `firstlight metadata show --json` prints. */
interface Shown {
  readonly driver: string;
  readonly run: RecipeRun;
  readonly inputDataset: InputDataset;
  /** Null in a store that does not show its records. */
  readonly record: RecipeRunRecord | null;
}

export const show = defineCommand({
  name: "metadata show",
  summary: "Show what the metadata store knows of a recipe run.",
  description:
    "Asks the metadata store that the settings name, so that it also tells whether a facility's store can be reached and takes the token. Status and provenance are shown where the store shows them: this machine's own does.",
  args: {
    run: { type: "positional", required: true, description: "The id of a recipe run." },
    scratch: scratchArgument,
    json: jsonArgument,
  },
  examples: [{ shows: "Is run 3 registered, and with which input?", command: "firstlight metadata show 3" }],
  async run(args, session) {
    const { settings } = settingsOf(session.env, args.scratch);
    const { stdout, stderr } = session;
    const recipeRunId = wholeNumber("RUN", args.run) ?? 0;
    using stop = session.watchStop();
    const log = createLogger({ level: session.leastLevel, pretty: stderr.isTerminal, write: stderr.write });
    await using services = openServices(settings, { log, signal: stop.asked });
    const { metadataStore: store } = services;
    const shown: Shown = {
      driver: store.name,
      run: await store.recipeRun(recipeRunId),
      inputDataset: await store.inputDataset(recipeRunId),
      record: (await store.record?.(recipeRunId)) ?? null,
    };
    if (args.json) stdout.document(shown);
    else stdout.lines(shownLines(shown, stdout.style));
    return exitCodes.done;
  },
});

function shownLines({ driver, run, inputDataset, record }: Shown, { bold, dim }: Style): readonly string[] {
  const { recipeInstanceId, recipeId, configuration, provenances } = run;
  const { inputDatasetId, isActive, parts } = inputDataset;
  const status = record === null ? "not shown by this store" : (record.status ?? "none yet");
  return [
    `${bold(`Recipe run ${run.recipeRunId}`)} in the metadata store '${driver}'`,
    `  ${dim("Status       ")}  ${status}`,
    `  ${dim("Recipe       ")}  ${recipeId}, instance ${recipeInstanceId}`,
    `  ${dim("Configuration")}  ${oneLine(JSON.stringify(configuration))}`,
    `  ${dim("Input dataset")}  ${inputDatasetId}${isActive ? "" : ", not active"}`,
    ...parts.map(
      ({ inputDatasetPartId, type, document }) =>
        `    ${type}  part ${inputDatasetPartId}, ${formatBytes(Buffer.byteLength(document))}`,
    ),
    ...(parts.length === 0 ? ["    no parts"] : []),
    `  ${dim("Provenance   ")}  ${provenances.length === 0 ? "no records" : ""}`.trimEnd(),
    ...provenances.map(({ recipeRunProvenanceId, isTaskManual }, i) => {
      const one = record?.provenances[i];
      const what = one === undefined ? "" : `  ${oneLine(`${one.taskName} ${one.workflowVersion}`)}`;
      return `    ${recipeRunProvenanceId}${what}${isTaskManual ? "  by hand" : ""}`;
    }),
  ];
}
