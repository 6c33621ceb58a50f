// The parts of the documentation that are tables of the code's own: `npm run docs` writes them, a test compares them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cliReference } from "../src/cli/cli-reference.ts";
import { errorCatalogue } from "../src/core/error-catalogue.ts";
import { type Setting, settingsTable } from "../src/core/settings-table.ts";
import type { ThrownCodes } from "./thrown-codes.ts";

const commandLine = await cliReference();
const settings = Object.values<Setting>(settingsTable);

/** Path relative to the root → the whole text of the file as it should be. `thrown` is what `thrownCodes(root)` found. */
export function generatedDocs(root: string, thrown: ThrownCodes): ReadonlyMap<string, string> {
  return new Map([
    ["README.md", between(readFileSync(join(root, "README.md"), "utf8"), "settings", settingsTableText())],
    ["docs/cli.md", commandLine],
    ["docs/settings.md", settingsPage()],
    ["docs/errors.md", errorsPage(thrown)],
  ]);
}

function settingsTableText(): string {
  const rows = settings.map((setting) => [
    code(setting.name),
    setting.kind.expects + (setting.kind.secret ? " (never printed)" : ""),
    code(setting.default),
    setting.description,
  ]);
  return table(["Variable", "Expects", "Default", "Meaning"], rows);
}

function settingsPage(): string {
  return `# Settings

Written by \`npm run docs\` from \`src/core/settings-table.ts\`; do not edit.

The library is set up by environment variables. The names and defaults are those of the Python stack, so that one
environment serves tasks of both. An empty variable counts as unset. One error, \`SETTINGS_INVALID\`, lists every variable
that cannot be read; so does a \`FIRSTLIGHT_\` variable that does not exist. \`firstlight settings\` prints the values in force.

A service is embedded until \`MESH_CONFIG\` names its server or its driver is set: \`INVENTORY_DRIVER\`, \`BUS_DRIVER\`,
\`OBJECT_STORE_DRIVER\`, \`METADATA_STORE_DRIVER\`, \`TRANSFER_DRIVER\`. A driver that is set wins over the mesh. Without an
address in the mesh, redis is looked for at localhost:6379 and amqp at localhost:5672; s3 and graphql need theirs. The mesh may name
services that nobody here knows; a name that is almost a known one (\`interservice_bus\`) is an error.

${settingsTableText()}
`;
}

function errorsPage({ codes }: ThrownCodes): string {
  const rows = Object.entries(errorCatalogue)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { when, remedy }]) => [
      code(name),
      [...(codes.get(name)?.dispositions ?? [])].sort().join(", "),
      `${when.charAt(0).toUpperCase()}${when.slice(1)}.`,
      remedy,
    ]);
  return `# Errors

Written by \`npm run docs\` from \`src/core/error-catalogue.ts\` and the places that throw; do not edit.

Every error that the library throws on purpose is a \`FirstlightError\` with a stable \`code\`, typed \`fields\`, a \`cause\` where
there is one, and a disposition. Recognise it with \`isFirstlightError(error, "CODE")\`. The message is for people.

| Disposition | What the engine does |
|---|---|
| retry | tries the attempt again, as often as the task allows |
| fatal | ends the task as failed; the tasks after it are blocked |
| skip | leaves the task or the frame out and goes on |
| invalid | ends the task as failed: the workflow or the configuration is wrong, and trying again cannot help |

${table(["Code", "Disposition", "When", "What to do"], rows)}
`;
}

function between(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name}: written by npm run docs -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md lacks the markers ${start} and ${end}.`);
  return `${text.slice(0, from + start.length)}\n${content}\n${text.slice(to)}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), `|${heads.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

function code(text: string | undefined): string {
  return text === undefined ? "–" : `\`${text}\``;
}
