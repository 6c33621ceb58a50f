import { type ArgsDef, type ParsedArgs, parseArgs } from "citty";
import { checkArguments } from "./check-arguments.ts";
import type { Session } from "./session.ts";

export interface Example {
  readonly command: string;
  readonly shows: string;
}

export interface CommandText {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What a user wants to know before the options. */
  readonly description: string;
  readonly args: ArgsDef;
  readonly examples: readonly Example[];
}

/** A sub command. */
export interface Command extends CommandText {
  /** Resolves to the exit code. Throws `USAGE` for arguments that it does not take. */
  run(rawArgs: readonly string[], session: Session): Promise<number>;
}

export interface CommandDefinition<Args extends ArgsDef> extends Omit<CommandText, "args"> {
  readonly args: Args;
  readonly run: (args: ParsedArgs<Args>, session: Session) => Promise<number>;
}

/** A command that reads its arguments strictly before it runs. */
export function defineCommand<const Args extends ArgsDef>(definition: CommandDefinition<Args>): Command {
  return {
    ...definition,
    async run(rawArgs, session) {
      checkArguments(definition.name, rawArgs, definition.args);
      return await definition.run(parseArgs<Args>([...rawArgs], definition.args), session);
    },
  };
}

/** Commands by their names, loaded when they are asked for: `firstlight --help` need not load the workflow engine. */
export type CommandTable = Readonly<
  Record<
    string,
    { readonly summary: string } & (
      | { readonly load: () => Promise<Command> }
      /** Commands of a second word: `firstlight fits info`. */
      | { readonly commands: CommandTable }
    )
  >
>;
