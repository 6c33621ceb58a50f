import type { Environment } from "./settings.ts";
import { type Setting, type Settings, settingsTable } from "./settings-table.ts";

/** One setting as it stands: for people who ask what a process runs with. */
export interface SettingLine {
  readonly name: string;
  /** `undefined` where it is unset, `[secret]` for all of a setting whose kind is secret. */
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
      value: kind.secret && value !== undefined ? "[secret]" : value,
      from: env[name] ? "environment" : "default",
      default: setting.default,
      description,
    };
  });
}
