import type { RunRecord } from "../../workflow/run-store.ts";
import type { Inspection } from "../run-inspection.ts";
import { attemptLines } from "./attempt-lines.ts";
import { formatMinute } from "./duration.ts";
import { messageLines } from "./message-lines.ts";
import { provenanceLines } from "./provenance-lines.ts";
import { placeLines, problemLines, taskTable } from "./run-lines.ts";
import { statusMark } from "./status-mark.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { oneLine } from "./text-width.ts";

interface Page {
  readonly width: number;
  readonly style: Style;
}

const tornDown =
  "  Nothing is known of scratch any more: Teardown removed it. 'firstlight run --keep-scratch' leaves it.";

/** The runs of a record, newest first. */
export function runsTable(runs: readonly RunRecord[], scratchBasePath: string, page: Page): readonly string[] {
  if (runs.length === 0) return [`No recipe run is recorded under ${scratchBasePath}.`];
  return table(
    [
      { title: "Run", align: "right" },
      { title: "Status" },
      { title: "Workflow", flexible: true },
      { title: "Begun (UTC)" },
      { title: "Input", flexible: true },
      { title: "Output", flexible: true },
    ],
    runs.map(({ recipeRunId, status, workflow, version, createdAt, inputKey, outputKey }) => [
      String(recipeRunId),
      statusMark(status, page.style),
      oneLine(`${workflow} ${version}`),
      formatMinute(createdAt),
      oneLine(inputKey),
      oneLine(outputKey),
    ]),
    page,
  );
}

/** One run, with the parts that were asked for. */
export function inspectionLines(inspection: Inspection, page: Page): readonly string[] {
  const { run, attempts, messages, tags, constants, provenance } = inspection;
  const { style } = page;
  const problems = problemLines(run.tasks, style);
  const part = (title: string, lines: readonly string[] | undefined): readonly string[] =>
    lines === undefined ? [] : ["", style.bold(title), ...lines];
  return [
    `${style.bold(`Recipe run ${run.recipeRunId}`)}: ${run.workflow} ${run.version}  ${statusMark(run.status, style)}`,
    `  ${style.dim("Begun   ")}  ${formatMinute(run.createdAt)} UTC, last change ${formatMinute(run.updatedAt)} UTC`,
    ...placeLines(run, style),
    "",
    ...taskTable(run.tasks, page),
    ...(problems.length === 0 ? [] : ["", ...problems]),
    ...part("Attempts", attempts && attemptLines(attempts, style)),
    ...part("Messages", messages === undefined ? undefined : messageLines(messages, page)),
    ...part("Tags", tags === undefined ? undefined : tags === null ? [tornDown] : pairs(tags, "Tag", "Files", page)),
    ...part(
      "Constants",
      constants === undefined
        ? undefined
        : constants === null
          ? [tornDown]
          : pairs(constants, "Constant", "Value", page),
    ),
    ...part("Provenance", provenance && provenanceLines(provenance, style)),
  ];
}

function pairs(record: Readonly<Record<string, unknown>>, name: string, value: string, page: Page): readonly string[] {
  const rows = Object.entries(record).map(([key, held]) => [oneLine(key), oneLine(JSON.stringify(held))]);
  if (rows.length === 0) return ["  none"];
  return table(
    [
      { title: name, flexible: true },
      { title: value, flexible: true },
    ],
    rows,
    page,
  );
}
