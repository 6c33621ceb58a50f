import { isFirstlightError, messageOf } from "../core/errors.ts";
import type { AttemptError } from "./run-event.ts";

/**
 * What the runner acts on. An error that is not this library's is one to try again, as often as the workflow allows: nobody
 * has said that trying again cannot help.
 */
export function attemptErrorOf(error: unknown): AttemptError {
  if (isFirstlightError(error)) return { code: error.code, message: error.message, disposition: error.disposition };
  const kind = error instanceof Error && error.name !== "Error" ? `${error.name}: ` : "";
  return { code: "TASK_FAILED", message: `${kind}${messageOf(error)}`, disposition: "retry" };
}
