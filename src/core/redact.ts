import { credentialsIn, hideCredentials } from "./hide-credentials.ts";
import { hideSecrets } from "./hide-secrets.ts";
import { isSecretName } from "./is-secret-name.ts";
import { type Setting, settingsTable } from "./settings-table.ts";

/** Not of the table, as the SDK of OpenTelemetry reads them itself: `name=value,…`, where collectors' keys stand. */
const headerVariables = ["", "TRACES_", "METRICS_", "LOGS_"].map((signal) => `OTEL_EXPORTER_OTLP_${signal}HEADERS`);

/** Shorter ones, such as `guest` and `dev`, are words that stand everywhere. */
const shortest = 6;

/** Of variables that only their names tell of, a word such as `ubuntu` may be the value. */
const shortestByName = 8;

/** Variables that are no setting: what a task's own clients go by. `PWD` is a folder, and `DESKTOP_SESSION` the name of a desktop. */
const secretVariable = /(passw(or)?d|passphrase|secret|token|credential|(api|access|private|secret)_?key)s?(_id)?$/i;

/**
 * Takes the secrets of an environment out of any text, and what looks like one anywhere (`hideCredentials`): the last line of defence,
 * behind `Secret` and the log's fields, for what others write: a task's own prints, a client's error, a server's answer. The
 * environment's are those of secret settings, of its URLs, and of all variables that are called so. Secrets of fewer than six
 * characters are not looked for.
 */
export function redactor(env: Readonly<Record<string, string | undefined>>): (text: string) => string {
  const hide = hideSecrets(secretsOf(env), shortest);
  return (text) => hideCredentials(hide(text));
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
  const settings = new Set<string>(Object.values<Setting>(settingsTable).map(({ name }) => name));
  for (const [name, value = ""] of Object.entries(env)) {
    yield* credentialsIn(value);
    if (settings.has(name) || !secretVariable.test(name)) continue;
    if (/^\s*[{[]/.test(value)) yield* leavesOf(value);
    else if (value.length >= shortestByName && !isPath(name, value)) yield value;
  }
}

/** As in `GOOGLE_APPLICATION_CREDENTIALS`, which names a file. */
function isPath(name: string, value: string): boolean {
  return /credential/i.test(name) && /^\.{0,2}\//.test(value);
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
  for (const [name, inner] of Object.entries(value)) yield* leaves(inner, isSecret || isSecretName(name));
}

function decodedUri(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
