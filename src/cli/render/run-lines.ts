import type { RunDocument, TaskDocument } from "../run-document.ts";
import { count, formatBytes } from "./count.ts";
import { formatDuration } from "./duration.ts";
import { statusMark } from "./status-mark.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { oneLine, pad } from "./text-width.ts";

interface Page {
  readonly width: number;
  readonly style: Style;
}

/** The tasks of a run as a table. */
export function taskTable(tasks: readonly TaskDocument[], page: Page): readonly string[] {
  return table(
    [
      { title: "Task", flexible: true },
      { title: "Status" },
      { title: "Attempts", align: "right" },
      { title: "Time", align: "right" },
      { title: "Read", align: "right" },
      { title: "Written", align: "right" },
    ],
    tasks.map(({ task, status, attempts, startedAt, elapsedMs, filesRead, filesWritten }) => [
      oneLine(task),
      statusMark(status, page.style),
      String(attempts),
      elapsedMs === null ? "" : formatDuration(elapsedMs),
      startedAt === null ? "" : String(filesRead),
      startedAt === null ? "" : String(filesWritten),
    ]),
    page,
  );
}

/** What went wrong, task by task; nothing where nothing did. */
export function problemLines(tasks: readonly TaskDocument[], style: Style): readonly string[] {
  const failed = tasks.flatMap(({ task, status, error }) => {
    if (error === null || !["failed", "skipped"].includes(status)) return [];
    const [first = "", ...rest] = error.message.split("\n");
    const mark = status === "failed" ? style.red("✗") : style.yellow("–");
    return [
      `${mark} ${task}  ${style.bold(error.code)}: ${oneLine(first)}`,
      ...rest.map((line) => `    ${oneLine(line)}`),
    ];
  });
  const blocked = tasks.filter(({ status }) => status === "blocked");
  const blockers = [...new Set(blocked.flatMap(({ blockedBy }) => blockedBy))];
  if (blocked.length === 0) return failed;
  return [
    ...failed,
    `${style.yellow("○")} ${blocked.map(({ task }) => task).join(", ")}: blocked by ${blockers.join(", ")}`,
  ];
}

/** Where everything of a run is. */
export function placeLines(run: RunDocument, style: Style): readonly string[] {
  const { scratch } = run;
  return [
    ["Frames", `${run.framesIn} in, ${run.framesOut} out`],
    ["Input", run.input],
    ...producedLines(run).map((text, at) => [at === 0 ? "Products" : "", text]),
    ["Scratch", scratch.exists ? scratch.folder : `${scratch.folder}, removed`],
  ].map(([name = "", text = ""]) => `  ${style.dim(pad(name, 8))}  ${text}`);
}

/** What lies on a server is not asked for: its place is told, not what came there. */
function producedLines({ products, objectStore, output, datasetId }: RunDocument): readonly string[] {
  if (objectStore !== "fs") return [`dataset ${datasetId} in the object store ${objectStore}`];
  if (products.length === 0) return [`none in ${output}`];
  return products.map(
    ({ folder, files, sizeBytes }) => `${count(files, "file")}, ${formatBytes(sizeBytes)}, in ${folder}`,
  );
}
