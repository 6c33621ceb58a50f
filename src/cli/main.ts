import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type LogLevel, logLevels } from "../core/log.ts";
import { nearestName } from "../core/nearest-name.ts";
import { redactor } from "../core/redact.ts";
import type { Environment } from "../core/settings.ts";
import { tellCrashes } from "../workflow/tell-crashes.ts";
import type { CommandTable } from "./command.ts";
import { commands } from "./commands.ts";
import { withEnvFile } from "./env-file.ts";
import { exitCodeOf, exitCodes, isStop, stopCodeOf } from "./exit-code.ts";
import { openOutput } from "./output.ts";
import { redactPrints } from "./redact-prints.ts";
import { errorDocument, errorText } from "./render/error-text.ts";
import { commandUsage, mainUsage } from "./render/usage.ts";
import type { Session } from "./session.ts";
import { type StopSignals, watchStopSignals } from "./stop-signals.ts";
import { usageError } from "./usage-error.ts";

const widestPage = 100;

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
    readonly version: string;
  };
  return version;
}

async function perform(
  args: readonly string[],
  session: Session,
  table: CommandTable = commands,
  words: readonly string[] = ["firstlight"],
): Promise<number> {
  const [name, ...rest] = args;
  const program = words.join(" ");
  const page = { width: Math.min(session.stdout.width(), widestPage), style: session.stdout.style };
  if (words.length === 1 && (name === "--version" || name === "-v")) {
    session.stdout.lines([packageVersion()]);
    return exitCodes.done;
  }
  if (name === undefined || name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) {
    const output = name === undefined ? session.stderr : session.stdout;
    output.lines(mainUsage(table, { program, version: packageVersion() }, page));
    return name === undefined ? exitCodes.usage : exitCodes.done;
  }
  const asked = name === "help" ? (rest[0] ?? "") : name;
  const entry = Object.hasOwn(table, asked) ? table[asked] : undefined;
  if (entry === undefined) {
    const nearest = nearestName(asked, Object.keys(table));
    const advice =
      nearest === undefined ? `The commands are ${Object.keys(table).join(", ")}.` : `Did you mean '${nearest}'?`;
    const kind = asked.startsWith("-") ? "flag" : "command";
    throw usageError(`There is no ${kind} '${asked}'. ${advice} See '${program} --help'.`);
  }
  if ("commands" in entry) {
    // `help fits stats` is `fits help stats`.
    const further = name === "help" ? ["help", ...rest.slice(1)] : rest;
    return await perform(further, session, entry.commands, [...words, asked]);
  }
  const command = await entry.load();
  const end = rest.indexOf("--");
  const flags = end < 0 ? rest : rest.slice(0, end);
  if (name === "help" || flags.includes("--help") || flags.includes("-h")) {
    session.stdout.lines(commandUsage(command, page));
    return exitCodes.done;
  }
  return await command.run(rest, session);
}

function leastLevelOf(env: Environment): LogLevel {
  const level = env.LOGURU_LEVEL?.trim().toUpperCase();
  return level !== undefined && level in logLevels ? (level as LogLevel) : "WARNING";
}

async function main(args: readonly string[], leaveBehind: () => void): Promise<number> {
  let redact = redactor(process.env);
  const stdout = openOutput(process.stdout, process.env, (text) => redact(text));
  const stderr = openOutput(process.stderr, process.env, (text) => redact(text));
  for (const stream of [process.stdout, process.stderr]) redactPrints(stream, () => redact);
  tellCrashes((text) => redact(text));
  let leastLevel = leastLevelOf(process.env);
  let stop: StopSignals | undefined;
  try {
    const { env, fromFile } = withEnvFile(process.env, process.cwd());
    leastLevel = leastLevelOf(env);
    redact = redactor(env);
    const watchStop = (): StopSignals => {
      stop = watchStopSignals(process, () => process.exit(stopCodeOf(stop?.signal())));
      return stop;
    };
    return await perform(args, { env, fromEnvFile: fromFile, stdout, stderr, watchStop, leastLevel, leaveBehind });
  } catch (error) {
    const trace = logLevels[leastLevel] <= logLevels.DEBUG;
    stderr.lines(isStop(error) && !trace ? ["Stopped."] : errorText(error, stderr.style, trace));
    if (args.includes("--json")) stdout.document(errorDocument(error));
    return exitCodeOf(error, stop?.signal());
  }
}

let leavesAtOnce = false;
process.exitCode = await main(process.argv.slice(2), () => {
  leavesAtOnce = true;
});
// Where output goes to a pipe, what was written may not be out yet.
if (leavesAtOnce) process.stdout.write("", () => process.exit());
