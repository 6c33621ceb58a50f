import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { codeOf, FirstlightError, messageOf } from "../core/errors.ts";
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
    const file = parseEnv(readFileSync(path, "utf8"));
    const added = Object.keys(file).filter((name) => env[name] === undefined);
    return { env: { ...file, ...env }, fromFile: new Set(added) };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return { env, fromFile: new Set() };
    throw new FirstlightError(
      "ENV_FILE_UNREADABLE",
      `${path} cannot be read: ${messageOf(error)}. Make it readable, or remove it.`,
      { disposition: "invalid", fields: { path }, cause: error },
    );
  }
}
