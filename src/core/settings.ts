import { hidden } from "./hidden.ts";
import { hideCredentials } from "./hide-credentials.ts";
import { isSecretName } from "./is-secret-name.ts";
import { nearestName } from "./nearest-name.ts";
import { configurableServices, missingAddress, misspeltMeshNames } from "./service-driver.ts";
import { type SettingProblem, settingsInvalid } from "./settings-invalid.ts";
import { type Setting, type Settings, settingsTable } from "./settings-table.ts";

export type { Settings } from "./settings-table.ts";

/** Environment variables: `process.env`, or an object like it. */
export type Environment = Readonly<Record<string, string | undefined>>;

const ownPrefix = "FIRSTLIGHT_";
/** Read by the project's own tests only. */
const testPrefix = "FIRSTLIGHT_TEST_";

/**
 * Reads every setting of `settingsTable` from `env`; an empty variable counts as unset. Never looks at the process.
 *
 * @throws FirstlightError SETTINGS_INVALID, once, for all bad variables: `fields.problems` lists them
 */
export function loadSettings(env: Environment): Settings {
  const values: Record<string, unknown> = {};
  const problems: SettingProblem[] = [...unknownVariables(env)];
  for (const [property, setting] of Object.entries<Setting>(settingsTable)) {
    const text = env[setting.name] || setting.default;
    if (text === undefined) {
      values[property] = undefined;
      continue;
    }
    const result = setting.kind.schema.safeParse(text);
    if (result.success) values[property] = deepFreeze(result.data);
    else problems.push(problemOf(setting, text, result.error.issues));
  }
  const settings = Object.freeze(values) as Settings;
  if (problems.length === 0) {
    problems.push(...misspeltMeshNames(settings));
    for (const service of configurableServices) {
      const missing = missingAddress(settings, service);
      if (missing !== undefined) problems.push(missing);
    }
  }
  if (problems.length > 0) throw settingsInvalid(problems);
  return settings;
}

function* unknownVariables(env: Environment): Iterable<SettingProblem> {
  const names = Object.values<Setting>(settingsTable).map(({ name }) => name);
  const own = names.filter((name) => name.startsWith(ownPrefix));
  for (const name of Object.keys(env).sort()) {
    if (!name.startsWith(ownPrefix) || name.startsWith(testPrefix) || names.includes(name)) continue;
    const nearest = nearestName(name, names);
    const expected = nearest === undefined ? `one of ${own.join(", ")}` : `${nearest}, perhaps`;
    yield { name, expected, found: "a setting of this name, which does not exist" };
  }
}

function problemOf(
  { name, kind }: Setting,
  text: string,
  issues: readonly { readonly code?: string; readonly path: readonly PropertyKey[]; readonly message: string }[],
): SettingProblem {
  if (kind.secret) return { name, expected: kind.expects, found: `${text.length} characters (not shown)` };
  const told = withoutPasswords(text);
  const shown = JSON.stringify(told.length > 120 ? `${told.slice(0, 119)}…` : told);
  const where = issues.filter(({ code, path }) => path.length > 0 || code === "unrecognized_keys");
  const details = where.map(({ path, message }) =>
    path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`,
  );
  return { name, expected: kind.expects, found: details.length === 0 ? shown : `${shown} (${details.join("; ")})` };
}

/** Whoever puts a password into an address, or into a field of that name, shall not find it in an error. */
function withoutPasswords(text: string): string {
  return hideCredentials(text)
    .replaceAll(/(?<![^\s"'/,;=@])[^\s"'/,;=@]+@/g, `${hidden}@`)
    .replaceAll(/"([^"]*)"(\s*:\s*)"[^"]*"?/g, (whole, name: string, colon: string) =>
      isSecretName(name) ? `"${name}"${colon}"${hidden}"` : whole,
    );
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
