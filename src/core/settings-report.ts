import { hidden } from "./hidden.ts";
import { hideCredentials } from "./hide-credentials.ts";
import { isSecretName } from "./is-secret-name.ts";
import type { Environment } from "./settings.ts";
import { type Setting, type Settings, settingsTable } from "./settings-table.ts";

/** One setting as it stands: for people who ask what a process runs with. */
export interface SettingLine {
  readonly name: string;
  /** `undefined` where it is unset, `[secret]` for all of a setting whose kind is secret, and for a password or a key in a URL. */
  readonly value: unknown;
  readonly from: "environment" | "default";
  readonly default: string | undefined;
  readonly description: string;
}

/** Every setting, in the table's order, with its value and where that came from. */
export function settingsReport(settings: Settings, env: Environment): readonly SettingLine[] {
  return Object.entries<Setting>(settingsTable).map(([property, { name, kind, description, ...setting }]) => {
    const value = settings[property as keyof Settings];
    return {
      name,
      value: kind.secret && value !== undefined ? hidden : withoutSecrets(value),
      from: env[name] ? "environment" : "default",
      default: setting.default,
      description,
    };
  });
}

function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string") return hideCredentials(value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    name,
    typeof inner === "string" && isSecretName(name) ? hidden : withoutSecrets(inner),
  ]);
  return Object.fromEntries(entries);
}
