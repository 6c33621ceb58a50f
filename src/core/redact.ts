import { credentialsIn, hideCredentials } from "./hide-credentials.ts";
import { hideSecrets, type Redact } from "./hide-secrets.ts";
import { isSecretName } from "./is-secret-name.ts";
import { type Setting, settingsTable } from "./settings-table.ts";

/** Not of the table, as the SDK of OpenTelemetry reads them itself: `name=value,…`, where collectors' keys stand. */
const headerVariables = ["", "TRACES_", "METRICS_", "LOGS_"].map((signal) => `OTEL_EXPORTER_OTLP_${signal}HEADERS`);

/** Shorter ones, such as `guest` and `dev`, are words that stand everywhere. */
const shortest = 6;

/** Of variables that only their names tell of, a word such as `ubuntu` may be the value. */
const shortestByName = 8;

/** Of these whatever the value is; of others that have a secret's name, such as `…_COOKIE` and `…_SESSION`, it may be a word or a path. */
const surelySecret =
  /(passw(or)?d|passphrase|(?<=.)pass|(?<=.)pwd|secret|token|key|auth|pat|jwt|bearer)s?(_id|_base|_pem|_?\d+)?$/i;

/** A key in Base64 may begin with a slash as a path does, but not with one of these. */
const knownFolder = /^(~|\.{1,2}|\/(bin|data|dev|etc|home|lib|mnt|opt|proc|root|run|srv|sys|usr|var|Users|Volumes))\//;

/** Values that clients take and people leave, whatever the name: without them every such word of the output would be gone. */
const commonWords: ReadonlySet<string> = new Set([
  ...["anonymous", "disabled", "kerberos", "localhost", "negotiate", "optional", "password", "postgres", "postgresql"],
  ...["rabbitmq", "required", "undefined", "username"],
]);

/**
 * Takes the secrets of an environment out of any text, and what looks like one anywhere (`hideCredentials`): the last line of defence,
 * behind `Secret` and the log's fields, for what others write: a task's own prints, a client's error, a server's answer. The
 * environment's are those of secret settings, of its URLs, and of all variables that have a secret's name (`isSecretName`). Secrets of
 * fewer than six characters are not looked for.
 */
export function redactor(env: Readonly<Record<string, string | undefined>>): Redact {
  const hide = hideSecrets(secretsOf(env), shortest);
  return Object.assign((text: string) => hideCredentials(hide(text)), { longest: hide.longest });
}

/**
 * The JSON text of a value, with the secrets taken out of the texts in it. Its names and numbers stay: a password of digits is no
 * reason for a document that no program reads.
 */
export function redactedJson(value: unknown, redact: (text: string) => string, indent?: number): string {
  const spelt = (_: string, inner: unknown): unknown => {
    if (typeof inner === "bigint") return rawJSON(String(inner));
    return typeof inner === "string" ? redact(inner) : inner;
  };
  return JSON.stringify(value, spelt, indent);
}

/** Node has both, the types of TypeScript not yet. */
const { rawJSON, parse } = JSON as unknown as {
  /** A value that `JSON.stringify` spells so. */
  rawJSON(text: string): object;
  /** `source` is how a number is spelt. */
  parse(text: string, revive: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
};

/** Numbers stay as they are spelt: integers of any length, and a real its point. */
function parseVerbatim(text: string): unknown {
  return parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined ? rawJSON(source) : value,
  );
}

/** The same for a line that another has written, such as one of a log: where it is JSON, it stays JSON. */
export function redactLine(line: string, redact: (text: string) => string): string {
  const redacted = redact(line);
  if (redacted === line || !line.startsWith("{")) return redacted;
  try {
    return redactedJson(parseVerbatim(line), redact);
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
    if (settings.has(name) || !isSecretName(name)) continue;
    if (/^\s*[{[]/.test(value)) yield* leavesOf(value);
    else if (value.length >= shortestByName && !isHarmless(name, value)) yield value;
  }
}

/** The path of a file, as in `GOOGLE_APPLICATION_CREDENTIALS` and `PWD`, or a word that stands everywhere. */
function isHarmless(name: string, value: string): boolean {
  if (commonWords.has(value.toLowerCase())) return true;
  const isPath = /^(\.{0,2}|~)\//.test(value);
  if (surelySecret.test(name)) return knownFolder.test(value);
  return isPath || (!/credential/i.test(name) && /^([a-z]+|\d+)$/i.test(value));
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
