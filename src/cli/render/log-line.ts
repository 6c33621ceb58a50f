import { type LogLevel, logLevels } from "../../core/log.ts";
import type { Style } from "./style.ts";
import { oneLine } from "./text-width.ts";

/** A line of a log, or one that a task printed by itself. */
interface Parsed {
  readonly level: LogLevel | undefined;
  readonly text: string;
}

/** The fields that the name before the line says already. */
const known = new Set(["level", "time", "message", "recipe.run.id", "task.name", "attempt", "trace_id", "span_id"]);

/** A line that an attempt wrote, for people; undefined for a line of the log below `least`. */
export function logLine(task: string, line: string, least: LogLevel, style: Style): string | undefined {
  const { level, text } = parse(line);
  if (level !== undefined && logLevels[level] < logLevels[least]) return undefined;
  if (text === "") return undefined;
  const said = level === undefined ? text : `${paint(level, style)} ${text}`;
  return `  ${style.dim(`${oneLine(task)} │`)} ${said}`;
}

/** A line that an attempt printed or logged, whatever its level, without the name of its task. */
export function logText(line: string): string {
  const { level, text } = parse(line);
  return level === undefined ? text : `${level} ${text}`;
}

/** The line as it is, where it is one of the log in JSON and not below `least`: for programs that read logs. */
export function jsonLogLine(line: string, least: LogLevel): string | undefined {
  const { level } = parse(line);
  return line.startsWith("{") && level !== undefined && logLevels[level] >= logLevels[least] ? line : undefined;
}

/** `18:03:12 WARNING  message  (task.name=…)`, as the library's log writes it for people. */
const prettyLine = /^\d\d:\d\d:\d\d ([A-Z]+) +(.*)$/;

function parse(line: string): Parsed {
  const [, level = "", message = ""] = prettyLine.exec(line) ?? [];
  if (level in logLevels) {
    const text = message.replace(
      / {2}\(recipe\.run\.id=\d+ task\.name=\S+ attempt=\d+(?: trace_id=\w+ span_id=\w+)? ?(.*)\)$/,
      (_, rest: string) => (rest === "" ? "" : `  (${rest})`),
    );
    return { level: level as LogLevel, text: oneLine(text) };
  }
  if (!line.startsWith("{")) return { level: undefined, text: oneLine(line) };
  try {
    const fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const { level, message } = fields;
    if (typeof level !== "string" || !(level in logLevels) || typeof message !== "string") {
      return { level: undefined, text: oneLine(line) };
    }
    const rest = Object.entries(fields)
      .filter(([name]) => !known.has(name))
      .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
    const text = rest.length === 0 ? message : `${message}  (${rest.join(" ")})`;
    return { level: level as LogLevel, text: oneLine(text) };
  } catch {
    return { level: undefined, text: oneLine(line) };
  }
}

function paint(level: LogLevel, style: Style): string {
  if (logLevels[level] >= logLevels.ERROR) return style.red(level);
  return logLevels[level] >= logLevels.WARNING ? style.yellow(level) : style.dim(level);
}
