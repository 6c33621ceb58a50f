import { isSpanContextValid, trace } from "@opentelemetry/api";
import { type Logger as PinoLogger, pino } from "pino";
import { hideCredentials } from "./hide-credentials.ts";
import { logFields } from "./log-fields.ts";

/** The levels of loguru, which `LOGURU_LEVEL` names, with its numbers. */
export const logLevels = { TRACE: 5, DEBUG: 10, INFO: 20, SUCCESS: 25, WARNING: 30, ERROR: 40, CRITICAL: 50 } as const;
export type LogLevel = keyof typeof logLevels;

type Fields = Readonly<Record<string, unknown>>;

/** What code below the command line may say: a sentence, and fields for programs. */
export interface Logger {
  trace(message: string, fields?: Fields): void;
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  success(message: string, fields?: Fields): void;
  warning(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  critical(message: string, fields?: Fields): void;
  /** A logger whose every line carries these fields. */
  child(fields: Fields): Logger;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Lines for people on a terminal, JSON lines for programs. */
  readonly pretty: boolean;
  /** Takes each finished line with its newline; the default is standard error, so that results own standard output. */
  readonly write?: (line: string) => void;
  readonly fields?: Fields;
}

/** What a line says by itself. */
const ownNames: ReadonlySet<string> = new Set(["level", "time", "message"]);

const levelsOfPino = Object.fromEntries(Object.entries(logLevels).map(([name, value]) => [name.toLowerCase(), value]));

export function createLogger(options: LogOptions): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const destination = { write: options.pretty ? (line: string) => write(prettyLine(line)) : write };
  return wrap(
    pino(
      {
        level: options.level.toLowerCase(),
        customLevels: levelsOfPino,
        useOnlyCustomLevels: true,
        base: {},
        mixin: traceFields,
        messageKey: "message",
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label.toUpperCase() }) },
      },
      destination,
    ) as unknown as PinoLogger<Lowercase<LogLevel>>,
  ).child(options.fields ?? {});
}

/** The trace that a line belongs to, as OpenTelemetry spells it in logs; nothing without an SDK. */
function traceFields(): Fields {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined || !isSpanContextValid(span) ? {} : { trace_id: span.traceId, span_id: span.spanId };
}

/** Says nothing. */
export const silentLogger: Logger = {
  trace() {},
  debug() {},
  info() {},
  success() {},
  warning() {},
  error() {},
  critical() {},
  child: () => silentLogger,
};

function wrap(logger: PinoLogger<Lowercase<LogLevel>>): Logger {
  const say =
    (level: Lowercase<LogLevel>) =>
    (message: string, fields: Fields = {}): void =>
      logger[level](logFields(fields, ownNames), hideCredentials(message));
  return {
    trace: say("trace"),
    debug: say("debug"),
    info: say("info"),
    success: say("success"),
    warning: say("warning"),
    error: say("error"),
    critical: say("critical"),
    child: (fields) => wrap(logger.child(logFields(fields, ownNames)) as PinoLogger<Lowercase<LogLevel>>),
  };
}

/** `18:03:12 WARNING  message  (task.name=ParseEit)` */
function prettyLine(line: string): string {
  const { level, time, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${prettyValue(value)}`);
  const clock = String(time).slice(11, 19);
  return `${clock} ${String(level).padEnd(8)} ${String(message)}${rest.length === 0 ? "" : `  (${rest.join(" ")})`}\n`;
}

/** An error shows its message only: the stack is in the JSON lines. */
function prettyValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || !("stack" in value && "message" in value))
    return JSON.stringify(value);
  return String(value.message);
}
