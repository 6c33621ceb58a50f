import type { RunDocument } from "../run-document.ts";
import { formatDuration } from "./duration.ts";
import { placeLines, problemLines, taskTable } from "./run-lines.ts";
import type { Style } from "./style.ts";

export interface RunEnd {
  readonly document: RunDocument;
  readonly elapsedMs: number;
  /** The command that shows this run. */
  readonly inspectCommand: string;
  /** Whether the same command goes on with this run, where it did not end well; a demo begins anew. Default true. */
  readonly goesOn?: boolean;
}

/** What stands on the screen when a run is over: tasks, problems, places, and what to do next. */
export function runSummary(
  { document, elapsedMs, inspectCommand, goesOn = true }: RunEnd,
  page: { readonly width: number; readonly style: Style },
): readonly string[] {
  const { style } = page;
  const problems = problemLines(document.tasks, style);
  return [
    "",
    ...taskTable(document.tasks, page),
    "",
    ...problems,
    ...(problems.length === 0 ? [] : [""]),
    headline(document, elapsedMs, goesOn, style),
    ...placeLines(document, style),
    `  ${style.dim("Inspect ")}  ${inspectCommand}`,
  ];
}

function headline({ recipeRunId, status }: RunDocument, elapsedMs: number, goesOn: boolean, style: Style): string {
  const run = style.bold(`Recipe run ${recipeRunId}`);
  const time = formatDuration(elapsedMs);
  if (status === "done") return `${run} is ${style.green("done")} in ${time}.`;
  if (status === "interrupted") {
    const what = goesOn ? "it goes on from here" : "it begins anew";
    return `${run} was ${style.yellow("interrupted")} after ${time}. Run the same command again: ${what}.`;
  }
  const what = goesOn ? "what is done stays done" : "it begins anew";
  return `${run} ${style.red("failed")} after ${time}. Mend the cause and run the same command again: ${what}.`;
}
