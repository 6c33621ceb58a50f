import { FirstlightError } from "./errors.ts";

/** What is wrong with one variable, or with an option that stands for it. `found` is hidden where it holds a secret. */
export interface SettingProblem {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

/** The one error that names every bad one. */
export function settingsInvalid(problems: readonly SettingProblem[]): FirstlightError {
  const lines = problems.map(({ name, expected, found }) => `  ${name}: expected ${expected}; found ${found}`);
  const count = problems.length === 1 ? "1 setting is" : `${problems.length} settings are`;
  return new FirstlightError(
    "SETTINGS_INVALID",
    `${count} invalid:\n${lines.join("\n")}\nWhat no option says comes from the environment: the command 'firstlight settings' lists all of it.`,
    { disposition: "invalid", fields: { problems } },
  );
}
