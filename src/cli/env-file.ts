import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { codeOf, FirstlightError, isFirstlightError, messageOf } from "../core/errors.ts";
import type { Environment } from "../core/settings.ts";

/** An environment of two sources. */
export interface CompleteEnvironment {
  readonly env: Environment;
  /** The variables that only `.env` sets. */
  readonly fromFile: ReadonlySet<string>;
}

/** The environment, with what `.env` in `folder` says of variables that it does not set. Throws `ENV_FILE_UNREADABLE`. */
export function withEnvFile(env: Environment, folder: string): CompleteEnvironment {
  const path = join(folder, ".env");
  try {
    const text = readFileSync(path, "utf8");
    requireAssignments(path, text);
    const file = parseEnv(text);
    const added = Object.keys(file).filter((name) => env[name] === undefined);
    return { env: { ...file, ...env }, fromFile: new Set(added) };
  } catch (error) {
    if (isFirstlightError(error)) throw error;
    if (codeOf(error) === "ENOENT") return { env, fromFile: new Set() };
    throw new FirstlightError(
      "ENV_FILE_UNREADABLE",
      `${path} cannot be read: ${messageOf(error)}. Make it readable, or remove it.`,
      { disposition: "invalid", fields: { path }, cause: error },
    );
  }
}

/** Node passes over what it does not understand, and the setting that somebody meant would be missed in silence. */
function requireAssignments(path: string, text: string): void {
  // A value in quotes may go over several lines, of which only the first counts.
  const shortened = text.replace(/=[ \t]*(["'`])[\s\S]*?\1/g, (value) => `=${value.replace(/[^\n]/g, "")}`);
  const isFine = (line: string): boolean => /^\s*(?:$|#|(?:export\s+)?[A-Za-z_][\w.-]*\s*=)/.test(line);
  const wrong = shortened.split("\n").findIndex((line) => !isFine(line));
  if (wrong === -1) return;
  // The line itself is not shown: it may be a secret that lost its name.
  throw new FirstlightError(
    "ENV_FILE_UNREADABLE",
    `Line ${wrong + 1} of ${path} is no NAME=value. Correct it, or begin it with #.`,
    { disposition: "invalid", fields: { path, line: wrong + 1 } },
  );
}
