import { basename } from "node:path";
import type { PlannedTask, PlanReason } from "../../workflow/plan.ts";
import { count } from "./count.ts";
import { formatMinute } from "./duration.ts";
import { oneLine } from "./text-width.ts";

/** `will run, because its code changed and SubtractDark runs again`, or `is done, unchanged since 2026-03-04 05:06`. */
export function explainTask({ action, reasons }: Pick<PlannedTask, "action" | "reasons">): string {
  const because = reasons.map(explainReason);
  const atWork = reasons.find(({ kind }) => kind === "at-work");
  if (atWork !== undefined) return explainReason(atWork);
  return action === "skip" ? `is done, ${listed(because)}` : `will run, because ${listed(because)}`;
}

function explainReason(reason: PlanReason): string {
  switch (reason.kind) {
    case "new":
      return "it has not run yet";
    case "failed-before":
      return `it failed with ${reason.code} after ${count(reason.attempts, "attempt")}`;
    case "interrupted":
      return `its attempt ${reason.attempts} was interrupted`;
    case "at-work":
      return `is being done now, in attempt ${reason.attempt}`;
    case "blocked-before":
      return `it was blocked by ${listed(reason.by)}`;
    case "task-version-changed":
      return `its version changed from ${reason.from} to ${reason.to}`;
    case "code-changed":
      return "its code changed";
    case "parameters-changed":
      return "the parameters changed";
    case "input-changed":
      return "the input changed";
    case "upstreams-changed":
      return `it now comes after ${listed(reason.to)} (before: ${listed(reason.from)})`;
    case "upstream-ran":
      return "what it depends on has been done anew since";
    case "upstream-runs":
      return `${listed(reason.tasks)} ${reason.tasks.length === 1 ? "runs" : "run"} before it`;
    case "scratch-removed":
      return "what it left in scratch is gone";
    case "files-lost":
      return `${lostOf(reason.files)} not in scratch any more`;
    case "unchanged":
      return `unchanged since ${formatMinute(reason.doneAt)}`;
  }
}

function lostOf(files: readonly string[]): string {
  const first = oneLine(basename(files[0] ?? ""));
  return files.length === 1
    ? `${first}, which it wrote, is`
    : `${first} and ${count(files.length - 1, "other file")}, which it wrote, are`;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
