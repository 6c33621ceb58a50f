import { isFirstlightError, messageOf } from "../../core/errors.ts";
import type { Style } from "./style.ts";
import { oneLine } from "./text-width.ts";

/** Code and message; with `trace` the stack, and the causes below it. */
export function errorText(error: unknown, style: Style, trace: boolean): readonly string[] {
  const [first = "", ...rest] = messageOf(error).split("\n");
  const code = isFirstlightError(error) ? error.code : "UNEXPECTED";
  const lines = [`${style.red(style.bold(code))}: ${oneLine(first)}`, ...rest.map((line) => `  ${oneLine(line)}`)];
  if (trace) return [...lines, ...stackOf(error).map((line) => style.dim(line))];
  if (isFirstlightError(error)) return lines;
  return [...lines, style.dim("This was not foreseen. LOGURU_LEVEL=DEBUG shows where it happened.")];
}

/** The same for `--json`. */
export function errorDocument(error: unknown): Readonly<Record<string, unknown>> {
  if (!isFirstlightError(error)) return { error: { code: "UNEXPECTED", message: messageOf(error) } };
  const { code, message, disposition, fields } = error;
  return { error: { code, message, disposition, fields } };
}

function stackOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  if (error.cause === undefined) return frames;
  return [...frames, `caused by ${messageOf(error.cause)}`, ...stackOf(error.cause)];
}
