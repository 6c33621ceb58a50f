import { FirstlightError } from "./errors.ts";

/** What is wrong with one variable. `found` is hidden where the variable holds a secret. */
export interface SettingProblem {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

/** The one error that names every bad variable. */
export function settingsInvalid(problems: readonly SettingProblem[]): FirstlightError {
  const lines = problems.map(({ name, expected, found }) => `  ${name}: expected ${expected}; found ${found}`);
  const count = problems.length === 1 ? "1 setting is" : `${problems.length} settings are`;
  return new FirstlightError(
    "SETTINGS_INVALID",
    `${count} invalid in the environment:\n${lines.join("\n")}\nThe command 'firstlight settings' lists every setting.`,
    { disposition: "invalid", fields: { problems } },
  );
}
