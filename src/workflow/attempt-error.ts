import { FirstlightError, isFirstlightError, messageOf } from "../core/errors.ts";
import type { AttemptError } from "./run-event.ts";

/**
 * What the runner acts on. An error that is not this library's is one to try again, as often as the workflow allows: nobody
 * has said that trying again cannot help.
 */
export function attemptErrorOf(error: unknown): AttemptError {
  const { code, message, disposition } = isFirstlightError(error) ? error : taskFailed(error);
  return { code, message, disposition };
}

function taskFailed(cause: unknown): FirstlightError {
  const kind = cause instanceof Error && cause.name !== "Error" ? `${cause.name}: ` : "";
  return new FirstlightError("TASK_FAILED", `${kind}${messageOf(cause)}`, { disposition: "retry", cause });
}
