import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { GlobusServerEvent, GlobusTaskDocument, TransferBody } from "./globus-server-task.ts";

/** A task as it was when the server last wrote it down; without a document it had not ended. */
export interface JournalledTask {
  readonly taskId: string;
  readonly clientId: string;
  readonly body: TransferBody;
  readonly document?: GlobusTaskDocument;
  readonly events?: readonly GlobusServerEvent[];
}

/** What a line of the journal holds. */
type Entry =
  | { readonly kind: "submission"; readonly submissionId: string }
  | ({ readonly kind: "task"; readonly submissionId: string } & JournalledTask)
  | {
      readonly kind: "end";
      readonly taskId: string;
      readonly document: GlobusTaskDocument;
      readonly events: readonly GlobusServerEvent[];
    };

/** What outlives a Globus server that is killed: what it gave and what it took, each written down before it is told. */
export interface GlobusJournal {
  /** By submission id, the id of the task that was handed in under it. */
  readonly submissions: ReadonlyMap<string, string | undefined>;
  readonly tasks: readonly JournalledTask[];
}

/** Reads the journal at this path; an empty one where there is none. */
export function readGlobusJournal(path: string): GlobusJournal {
  const submissions = new Map<string, string | undefined>();
  const tasks = new Map<string, JournalledTask>();
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  for (const line of lines.filter((one) => one !== "")) {
    const entry = JSON.parse(line) as Entry;
    if (entry.kind === "submission") submissions.set(entry.submissionId, undefined);
    if (entry.kind === "task") {
      const { taskId, clientId, body, submissionId } = entry;
      submissions.set(submissionId, taskId);
      tasks.set(taskId, { taskId, clientId, body });
    }
    if (entry.kind === "end") {
      const known = tasks.get(entry.taskId);
      if (known !== undefined) tasks.set(entry.taskId, { ...known, document: entry.document, events: entry.events });
    }
  }
  return { submissions, tasks: [...tasks.values()] };
}

/** Writes a line, which is in the system's hands when it returns: a kill of the process does not lose it. */
export function writeGlobusJournal(path: string | undefined, entry: Entry): void {
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(entry)}\n`);
}
