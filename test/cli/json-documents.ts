import { expect } from "vitest";
import { cliReference } from "../../src/cli/cli-reference.ts";

interface Field {
  readonly isOptional: boolean;
  readonly isArray: boolean;
  /** Exactly these, where the reference lists them. */
  readonly keys: readonly string[];
}

/** By command: what the reference says that its JSON document holds. */
export async function documentedFields(): Promise<ReadonlyMap<string, ReadonlyMap<string, Field>>> {
  const [, section = ""] = (await cliReference()).split("\n## `--json`\n");
  const rows = [...section.matchAll(/^\| (.+?) \| (.+) \|$/gm)].slice(1);
  return new Map(rows.map(([, command = "", cell = ""]) => [command.replaceAll("`", ""), fieldsOf(cell)]));
}

function fieldsOf(cell: string): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  const [list = ""] = cell.split(/[;:]/);
  for (const [, names = "", nested = ""] of list.matchAll(/`([^`]+)`(?: of `([^`]+)`)?/g)) {
    for (const name of names.split(" ")) {
      fields.set(bare(name), {
        isOptional: name.endsWith("?"),
        isArray: name.includes("[]"),
        keys: nested.split(" ").map(bare).filter(Boolean),
      });
    }
  }
  return fields;
}

const bare = (name: string): string => name.replace(/[[\]?]/g, "");

/** Holds a document against the reference; `present` are those of the optional fields that it has. */
export async function expectDocumented(
  command: string,
  stdout: string,
  present: readonly string[] = [],
): Promise<Readonly<Record<string, unknown>>> {
  const document = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  const fields = (await documentedFields()).get(command) ?? new Map<string, Field>();
  const expected = [...fields].filter(([name, { isOptional }]) => !isOptional || present.includes(name));
  expect(Object.keys(document).sort(), command).toEqual(expected.map(([name]) => name).sort());
  for (const [name, { isArray, keys }] of expected) {
    const value = document[name];
    expect([command, name, Array.isArray(value)]).toEqual([command, name, isArray]);
    if (keys.length === 0) continue;
    const elements = isArray ? (value as readonly object[]) : [value as object];
    expect([command, name, elements.length > 0]).toEqual([command, name, true]);
    for (const element of elements) expect(Object.keys(element).sort(), `${command}: ${name}`).toEqual(keys.toSorted());
  }
  return document;
}
