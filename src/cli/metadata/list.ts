import { openServices } from "../../services/open-services.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { table } from "../render/table.ts";
import { settingsOf } from "../run-target.ts";
import { usageError } from "../usage-error.ts";
import { jsonArgument, scratchArgument } from "./arguments.ts";

export const list = defineCommand({
  name: "metadata list",
  summary: "List the recipe runs of the metadata store.",
  description:
    "Every recipe run with its status, its input dataset and how many provenance records it has. A facility's store is asked run by run: see 'firstlight metadata show'.",
  args: { scratch: scratchArgument, json: jsonArgument },
  examples: [{ shows: "Which runs are registered?", command: "firstlight metadata list" }],
  async run({ scratch, json }, { env, stdout }) {
    const { settings } = settingsOf(env, scratch);
    await using services = openServices(settings);
    const { metadataStore: store } = services;
    if (store.runs === undefined) {
      throw usageError(
        `The metadata store '${store.name}' does not list its runs. Name one: firstlight metadata show RUN; or list this machine's own with METADATA_STORE_DRIVER=sqlite.`,
      );
    }
    const runs = [];
    for (const recipeRunId of await store.runs()) {
      const { parts, inputDatasetId } = await store.inputDataset(recipeRunId);
      const record = await store.record?.(recipeRunId);
      runs.push({
        recipeRunId,
        status: record?.status ?? null,
        inputDatasetId,
        parts: parts.map(({ type }) => type),
        provenances: record?.provenances.length ?? 0,
      });
    }
    if (json) stdout.document({ runs });
    else if (runs.length === 0) stdout.lines([`No recipe run is registered under ${settings.scratchBasePath}.`]);
    else {
      const columns = [
        { title: "Run", align: "right" },
        { title: "Status" },
        { title: "Input dataset", align: "right" },
        { title: "Parts", flexible: true },
        { title: "Provenance records", align: "right" },
      ] as const;
      const rows = runs.map((run) => [
        String(run.recipeRunId),
        run.status ?? "none yet",
        String(run.inputDatasetId),
        run.parts.join(", ") || "none",
        String(run.provenances),
      ]);
      stdout.lines(table(columns, rows, { width: stdout.width(), style: stdout.style }));
    }
    return exitCodes.done;
  },
});
