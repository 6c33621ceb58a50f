import type { RunStatus } from "../../workflow/run-event.ts";
import type { TaskDocument } from "../run-document.ts";
import type { Style } from "./style.ts";

/** A status with the mark and the colour that it has everywhere. */
export function statusMark(status: TaskDocument["status"] | RunStatus, style: Style): string {
  switch (status) {
    case "done":
      return style.green("✓ done");
    case "unchanged":
      return style.dim("✓ unchanged");
    case "failed":
      return style.red("✗ failed");
    case "blocked":
      return style.yellow("○ blocked");
    case "interrupted":
      return style.yellow("■ interrupted");
    case "skipped":
      return style.yellow("– left out");
    case "running":
      return style.cyan("▸ running");
    case "waiting":
    case "not-started":
      return style.dim("· not started");
  }
}
