import type { ArgsDef } from "citty";
import type { CommandText } from "../command.ts";
import type { Style } from "./style.ts";
import { pad, widthOf, wrap } from "./text-width.ts";

interface Page {
  readonly width: number;
  readonly style: Style;
}

/** What `firstlight --help` prints, and `firstlight fits --help`. */
export function mainUsage(
  commands: Readonly<Record<string, { readonly summary: string }>>,
  { program, version }: { readonly program: string; readonly version: string },
  page: Page,
): readonly string[] {
  const { style } = page;
  return [
    `${style.bold("firstlight")} ${version}: calibration pipelines for telescopes`,
    "",
    `${style.bold("Usage")}  ${program} COMMAND [ARGUMENTS]`,
    "",
    style.bold("Commands"),
    ...entries(
      Object.entries(commands).map(([name, { summary }]) => [name, summary]),
      page,
    ),
    "",
    style.bold("Everywhere"),
    ...entries(
      [
        ["--help, -h", "This text, or a command's own."],
        ["--version, -v", "The version."],
      ],
      page,
    ),
    "",
    ...wrap(
      "Settings come from the environment and from a file .env in the current folder; see 'firstlight settings'.",
      page.width,
    ),
  ];
}

/** What `firstlight COMMAND --help` prints. */
export function commandUsage(command: CommandText, page: Page): readonly string[] {
  const { style, width } = page;
  const args = argumentTexts(command.args);
  const section = (title: string, lines: readonly (readonly [string, string])[]): readonly string[] =>
    lines.length === 0 ? [] : ["", style.bold(title), ...entries(lines, page)];
  return [
    `${style.bold("Usage")}  ${synopsis(command)}`,
    "",
    ...wrap(command.description, width),
    ...section("Arguments", args.positionals),
    ...section("Flags", args.flags),
    ...(command.examples.length === 0 ? [] : ["", style.bold("Examples")]),
    ...command.examples.flatMap(({ command: line, shows }) => [`  ${style.dim(`# ${shows}`)}`, `  ${line}`]),
  ];
}

/** `firstlight run FILE --input DIR … [flags]` */
export function synopsis({ name, args }: Pick<CommandText, "name" | "args">): string {
  const positionals = Object.entries(args)
    .filter(([, { type }]) => type === "positional")
    .map(([key, { required }]) => (required === false ? `[${key.toUpperCase()}]` : key.toUpperCase()));
  const required = Object.entries(args)
    .filter(([, { type, required }]) => type !== "positional" && required === true)
    .map(([key, { valueHint = "VALUE" }]) => `--${key} ${valueHint}`);
  return ["firstlight", name, ...positionals, ...required, "[FLAGS]"].join(" ");
}

/** Each argument as it is written, and what it does. */
export function argumentTexts(args: ArgsDef): {
  readonly positionals: readonly (readonly [string, string])[];
  readonly flags: readonly (readonly [string, string])[];
} {
  const all = Object.entries(args);
  return {
    positionals: all
      .filter(([, { type }]) => type === "positional")
      .map(([key, { description = "" }]) => [key.toUpperCase(), description] as const),
    flags: all
      .filter(([, { type }]) => type !== "positional")
      .map(
        ([key, { type, valueHint = "VALUE", description = "" }]) =>
          [type === "boolean" ? `--${key}` : `--${key} ${valueHint}`, description] as const,
      ),
  };
}

function entries(lines: readonly (readonly [string, string])[], { width, style }: Page): readonly string[] {
  const left = Math.max(...lines.map(([name]) => widthOf(name)));
  const room = Math.max(24, width - left - 4);
  return lines.flatMap(([name, says]) =>
    wrap(says, room).map((line, at) => `  ${pad(at === 0 ? style.cyan(name) : "", left)}  ${line}`),
  );
}
