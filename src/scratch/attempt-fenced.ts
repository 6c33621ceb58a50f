import { FirstlightError } from "../core/errors.ts";

/** What an attempt gets that still writes after a newer one of the same task began. Trying again cannot help it. */
export function attemptFenced(what: string, cause?: unknown): FirstlightError {
  return new FirstlightError(
    "ATTEMPT_FENCED",
    `A newer attempt of this task has begun (${what}), so this one may not write any more. Nothing was changed; let this process end.`,
    { disposition: "fatal", ...(cause === undefined ? {} : { cause }) },
  );
}
