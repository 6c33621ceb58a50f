import { fileURLToPath } from "node:url";
import { FirstlightError, isFirstlightError, messageOf } from "../core/errors.ts";
import type { AttemptError } from "./run-event.ts";

/** What these were caused by came up in an instrument's own code: a task, a codec, a stem. */
const usersCode: readonly string[] = ["TASK_FAILED", "CODEC_FAILED", "STEM_FAILED"];
const libraryFolder = new URL("..", import.meta.url).href;

/**
 * What the runner acts on. An error that is not this library's is one to try again, as often as the workflow allows: nobody
 * has said that trying again cannot help.
 */
export function attemptErrorOf(error: unknown): AttemptError {
  const { code, message, disposition, cause } = isFirstlightError(error) ? error : taskFailed(error);
  const place = usersCode.includes(code) ? placeOf(cause) : undefined;
  return { code, message: place === undefined ? message : `${message}\n${place}`, disposition };
}

function taskFailed(cause: unknown): FirstlightError {
  const kind = cause instanceof Error && cause.name !== "Error" ? `${cause.name}: ` : "";
  return new FirstlightError("TASK_FAILED", `${kind}${messageOf(cause)}`, { disposition: "retry", cause });
}

/** Where in the instrument's own code an error came up, as a stack says it; undefined where none of it is in the stack. */
function placeOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frame = stack
    .split("\n")
    .map((line) => line.trim())
    .find(
      (line) => /^at .*file:\/\/\//.test(line) && !line.includes("/node_modules/") && !line.includes(libraryFolder),
    );
  return frame?.replace(/file:\/\/\/[^\s)]+/, (url) => fileURLToPath(url));
}
