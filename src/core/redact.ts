import { hideSecrets } from "./hide-secrets.ts";
import { secretName } from "./secret-name.ts";
import { type Setting, settingsTable } from "./settings-table.ts";

/** Not of the table, as the SDK of OpenTelemetry reads them itself: `name=value,…`, where collectors' keys stand. */
const headerVariables = ["", "TRACES_", "METRICS_", "LOGS_"].map((signal) => `OTEL_EXPORTER_OTLP_${signal}HEADERS`);

/** Shorter ones, such as `guest` and `dev`, are words that stand everywhere. */
const shortest = 6;

/**
 * Takes the secrets of an environment out of any text: the last line of defence, behind `Secret` and the log's fields, for what
 * others write: a task's own prints, a client's error, a server's answer. Secrets of fewer than six characters are not looked for.
 */
export function redactor(env: Readonly<Record<string, string | undefined>>): (text: string) => string {
  return hideSecrets(secretsOf(env), shortest);
}

/**
 * The JSON text of a value, with the secrets taken out of the texts in it. Its names and numbers stay: a password of digits is no
 * reason for a document that no program reads.
 */
export function redactedJson(value: unknown, redact: (text: string) => string, indent?: number): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "string" ? redact(inner) : inner), indent);
}

/** The same for a line that another has written, such as one of a log: where it is JSON, it stays JSON. */
export function redactLine(line: string, redact: (text: string) => string): string {
  const redacted = redact(line);
  if (redacted === line || !line.startsWith("{")) return redacted;
  try {
    return redactedJson(JSON.parse(line), redact);
  } catch {
    return redacted;
  }
}

function* secretsOf(env: Readonly<Record<string, string | undefined>>): Iterable<string> {
  for (const { name, kind, ...setting } of Object.values<Setting>(settingsTable)) {
    const text = env[name];
    if (text === undefined || text === setting.default) continue;
    if (/^\s*[{[]/.test(text)) yield* leavesOf(text);
    else if (kind.secret) yield text;
  }
  for (const name of headerVariables) {
    for (const pair of env[name]?.split(",") ?? []) {
      const value = pair.slice(pair.indexOf("=") + 1).trim();
      yield value;
      yield decodedUri(value);
    }
  }
}

/** The strings of a JSON text that stand under a secret's name. */
function* leavesOf(text: string): Iterable<string> {
  try {
    yield* leaves(JSON.parse(text), false);
  } catch {
    // A setting that cannot be read: who reads it says so without its text.
    yield text;
  }
}

function* leaves(value: unknown, isSecret: boolean): Iterable<string> {
  if (typeof value === "string" && isSecret) yield value;
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) yield* leaves(inner, isSecret || secretName.test(name));
}

function decodedUri(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
