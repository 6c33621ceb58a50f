import type { Inspection } from "../run-inspection.ts";
import { count, formatBytes } from "./count.ts";
import type { Style } from "./style.ts";
import { oneLine } from "./text-width.ts";

/** Of each list of files so many are named; `--json` names all. */
const namedFiles = 5;

/** What each task read and wrote, and what it ran with. */
export function provenanceLines(
  { lineage, records }: NonNullable<Inspection["provenance"]>,
  style: Style,
): readonly string[] {
  const tasks = lineage.flatMap(({ task, attempt, reads, writes }) => [
    `${style.bold(task)} ${style.dim(`attempt ${attempt}`)}`,
    ...files("read", reads.map(oneLine)),
    ...files(
      "wrote",
      writes.map(
        ({ path, sizeBytes, sha256, tags }) =>
          `${oneLine(path)}  ${style.dim(`${formatBytes(sizeBytes)}, sha256 ${sha256.slice(0, 12)}, ${tags.join(" ")}`)}`,
      ),
    ),
  ]);
  const last = records?.at(-1);
  const versions =
    last === undefined
      ? []
      : [
          `${style.bold("Versions")} ${style.dim(`as ${last.taskName} ran`)}`,
          ...Object.entries(last.libraryVersions).map(([name, version]) => `    ${name} ${version}`),
        ];
  return tasks.length + versions.length === 0 ? ["  none"] : [...tasks, ...versions];
}

function files(verb: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, namedFiles).map((name) => `      ${name}`);
  const more = names.length - shown.length;
  return [`    ${verb} ${count(names.length, "file")}`, ...shown, ...(more > 0 ? [`      and ${more} more`] : [])];
}
