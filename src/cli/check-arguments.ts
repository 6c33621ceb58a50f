import { parseArgs } from "node:util";
import type { ArgsDef } from "citty";
import { nearestName } from "../core/nearest-name.ts";
import { usageError } from "./usage-error.ts";

/**
 * Throws `USAGE` for what citty lets pass: an unknown flag, a flag without its value, one given twice, an argument too many.
 */
export function checkArguments(command: string, rawArgs: readonly string[], definitions: ArgsDef): void {
  const help = `See 'firstlight ${command} --help'.`;
  const flags = Object.entries(definitions).filter(([, { type }]) => type !== "positional");
  const positionals = Object.entries(definitions).filter(([, { type }]) => type === "positional");
  const options = Object.fromEntries(
    flags.map(([name, { type }]) => [name, { type: type === "boolean" ? ("boolean" as const) : ("string" as const) }]),
  );
  const { tokens } = parseArgs({ args: [...rawArgs], options, allowPositionals: true, strict: false, tokens: true });
  const given = new Set<string>();
  let extra = positionals.length;
  for (const token of tokens) {
    if (token.kind === "positional") {
      extra -= 1;
      if (extra < 0) throw usageError(`'${token.value}' is one argument too many. ${help}`);
    }
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined || token.rawName !== `--${token.name}`) {
      const nearest = nearestName(token.name, Object.keys(options));
      const meant = nearest === undefined ? "" : ` Did you mean --${nearest}?`;
      throw usageError(`There is no flag ${token.rawName}.${meant} ${help}`);
    }
    if (given.has(token.name)) throw usageError(`${token.rawName} is given twice. ${help}`);
    given.add(token.name);
    if (option.type === "boolean" && token.value !== undefined) {
      throw usageError(`${token.rawName} takes no value. ${help}`);
    }
    // A value that begins with a dash is a forgotten one, unless it is tied on with '='.
    const forgotten = token.value === undefined || (token.value.startsWith("-") && token.inlineValue !== true);
    if (option.type === "string" && (forgotten || token.value === "")) {
      const { valueHint = "VALUE" } = definitions[token.name] ?? {};
      const tie = /^-\d/.test(token.value ?? "")
        ? ` Write ${token.rawName}=${token.value} for a value that begins with a dash.`
        : "";
      throw usageError(`${token.rawName} needs a value: ${token.rawName} ${valueHint}.${tie} ${help}`);
    }
  }
  for (const [at, [name, { required }]] of positionals.entries()) {
    if (required !== false && positionals.length - extra <= at)
      throw usageError(`${name.toUpperCase()} is missing. ${help}`);
  }
  for (const [name, { required }] of flags) {
    if (required === true && !given.has(name)) {
      throw usageError(`--${name} ${definitions[name]?.valueHint ?? "VALUE"} is missing. ${help}`);
    }
  }
}
