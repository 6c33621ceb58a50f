import { isUtf8 } from "node:buffer";
import { hidden } from "./hidden.ts";
import { isSecretName } from "./is-secret-name.ts";

/**
 * Lines may be megabytes long, so each expression below looks at every character a fixed number of times, whatever stands there: two
 * tries never run over the same stretch, as what begins one ends the other, and what has a choice at each turn has at most so many
 * turns. No name of a secret is as long.
 */
const mostTurns = 4096;

/** A quote behind a URL, as against an apostrophe in it, which is legal there. */
const closing = String.raw`'(?=[\s,;:&)\]}"]|$)`;
const apostrophe = String.raw`'(?![\s,;:&)\]}"]|$)`;
/** Any characters but these and the apostrophe, which stands where it ends no quotes. */
const run = (but: string): string => `[^${but}']*(?:${apostrophe}[^${but}']*){0,${mostTurns}}`;
const someRun = (but: string): string => `(?:[^${but}']|${apostrophe})${run(but)}`;

/**
 * Up to the last `@` before the next URL, for whoever forgets to encode a password has `/`, `?` and `@` in it. What follows a
 * host's colon is a port where it is a number.
 */
const userAndPassword = new RegExp(
  String.raw`(:\/\/(?<=[a-z\d+.-]:\/\/))(${run(String.raw`\s/:@"<>[`)}):(?!\d{1,5}(?:[/?#,;)\]]|${closing}|$))([^\s"'<>:]*(?:(?::(?!\/\/)|${apostrophe})[^\s"'<>:]*){0,${mostTurns}})@`,
  "gi",
);
/** No web server knows users without a password: it is a token. */
const lonelyUser = new RegExp(String.raw`(\bhttps?:\/\/)(${someRun(String.raw`\s/:@"<>?#`)})@`, "gi");
const queryValue = new RegExp(String.raw`([?&;#])([\w.%[\]-]{1,64})=(${someRun(String.raw`\s&;#"<>\\`)})`, "g");
/** A scheme and all that follows, as that may have blanks; else what is long enough for a key. */
const header =
  /(authorization(?:\\?["']?\s*[:=]\s*(?:\[\s*)?\\?["']?|\\?["']\s*,\s*\\?["']))(?:(bearer|basic|token|digest|negotiate|aws4-hmac-sha256)\s+[^"'\\\r\n]+|[^\s"'\\,;]{8,})/gi;

/** A token by itself, however its header was printed. What says how to log in (`Bearer realm="…"`) is none, nor are words about it. */
const bearer =
  /\b(bearer\s+)(?!(?:tokens?|auth|authentication|authori[sz]ation|credentials?|headers?|schemes?)\b|[a-z_]+=\\?["'])([\w.~+/-]{6,}=*)/gi;
const basic = /\b(basic\s+)([a-z\d+/_-]{4,}={0,2})/gi;

/**
 * What clients of databases and brokers are set up by: `password=… host=…` (libpq), `AccountKey=…;` (Azure), `PWD={…};` (ODBC). Only
 * names that nothing else has, for such pairs are everywhere, and no shell's `PWD=/…`.
 */
const connectionName = String.raw`[\w.-]{0,64}(?:passw(?:or)?d|passphrase|secret|(?:account|access|api|private|shared)[ _-]?(?:access[ _-]?)?key|sharedaccesssignature)|pwd(?!\s?=\s?[/~])`;
/** Behind what ends quotes and is no text of theirs; quotes that are in turn in JSON have a backslash before them, or three, or seven. */
const closed = String.raw`(?:[\s,;:&)\]}'>\\]|$)`;
const quotesEnd = String.raw`\\{0,7}"${closed}`;
/** Nobody puts a password with a quote or a backslash in it into quotes, as one should: these belong to it where they end no others. */
const bareRun = (but: string): string =>
  String.raw`[^${but}"'\\]*(?:(?:${apostrophe}|"(?!${closed})|\\(?!${quotesEnd}|\s|$))[^${but}"'\\]*){0,${mostTurns}}`;
/** In quotes or braces, in which blanks and semicolons may stand, and quotes behind a backslash or doubled, as braces are. */
const quotedValue = [
  String.raw`\\?"(?![,:}\])\s])[^"\\]*(?:(?:\\[^"]|\\"(?=[^\s;,)}\]])|"")[^"\\]*){0,${mostTurns}}\\?"`,
  String.raw`'(?![,:}\])\s])[^'\\]*(?:(?:\\.|'')[^'\\]*){0,${mostTurns}}'`,
  String.raw`\{[^}=]*(?:(?:=(?!\{)|\}\})[^}=]*){0,${mostTurns}}\}`,
].join("|");
const connectionValue = new RegExp(
  String.raw`(^|[\s;,"'\`({[])(${connectionName})=(?!\[secret\])(${quotedValue}|(?!["\\;\s])${bareRun(String.raw`\s;`)})`,
  "gi",
);
/** Between semicolons a value may have blanks; in a sentence, which has none behind it, the next word is none of it. */
const blankValue = new RegExp(
  String.raw`(;\s?)(${connectionName})=(?!\[secret\]|\\?["'{])((?![\s;"'\\])${bareRun(String.raw`;\r\n`)})(?=;\s?[a-z][\w .-]{0,63}=)`,
  "gi",
);
/** The whole of a text that is nothing but such pairs: with blanks about `=`, and in the values where semicolons end them. */
const wholePair = new RegExp(String.raw`(^|[\s;])(${connectionName})\s*=\s*(${quotedValue}|[^;'"\s][^;]*)`, "gi");
const spacedPair = new RegExp(String.raw`(^|[\s;])(${connectionName})\s*=\s*(${quotedValue}|[^\s;'"][^\s;]*)`, "gi");

/**
 * Takes out of a text what looks like a secret wherever it comes from: the password of a URL or a connection string, the values of its
 * query that stand under a secret's name, what an `Authorization` header holds, and any `Bearer TOKEN` and `Basic BASE64`.
 */
export function hideCredentials(text: string): string {
  let told = text;
  if (told.includes("://")) {
    told = told.replaceAll(userAndPassword, `$1$2:${hidden}@`).replaceAll(lonelyUser, `$1${hidden}@`);
  }
  if (told.includes("=")) {
    // A semicolon is a mark of queries, too, whose values end sooner.
    for (const pair of [blankValue, connectionValue]) told = told.replaceAll(pair, `$1$2=${hidden}`);
    told = told.replaceAll(queryValue, hiddenValue);
  }
  if (/authorization/i.test(told)) told = told.replaceAll(header, hiddenHeader);
  if (/\bbearer\s/i.test(told)) told = told.replaceAll(bearer, `$1${hidden}`);
  if (/\bbasic\s/i.test(told)) told = told.replaceAll(basic, hiddenBasic);
  return told;
}

/** The same for what a URL or a connection string of this text holds, so that it can be found elsewhere. */
export function* credentialsIn(text: string): Iterable<string> {
  if (text.includes("=")) {
    for (const pair of text.includes(";") ? [wholePair, spacedPair] : [spacedPair]) {
      for (const [, , , value = ""] of text.matchAll(pair)) yield* both(unquoted(value.trim()));
    }
  }
  if (!text.includes("://")) return;
  const whole = URL.parse(text);
  if (whole?.password) yield* both(whole.password);
  for (const [, , , password = ""] of text.matchAll(userAndPassword)) yield* both(password);
  for (const [, , token = ""] of text.matchAll(lonelyUser)) yield* both(token);
  for (const [, , name = "", value = ""] of text.matchAll(queryValue)) {
    if (isSecretName(decoded(name))) yield* both(value);
  }
}

function hiddenValue(whole: string, mark: string, name: string): string {
  return isSecretName(decoded(name)) ? `${mark}${name}=${hidden}` : whole;
}

function unquoted(value: string): string {
  const [, quote = "", inner = value] = /^(["'{])(.*)["'}]$/s.exec(value) ?? [];
  if (quote === "") return inner;
  if (quote === "{") return inner.replaceAll("}}", "}");
  return inner.replaceAll(/\\(.)/gs, "$1").replaceAll(quote + quote, quote);
}

function hiddenHeader(_: string, name: string, scheme: string | undefined): string {
  return `${name}${scheme === undefined ? "" : `${scheme} `}${hidden}`;
}

/** User and password have a colon between them (RFC 7617 §2): other words behind `basic` are none. */
function hiddenBasic(whole: string, scheme: string, credentials: string): string {
  const bytes = Buffer.from(credentials, "base64");
  return isUtf8(bytes) && bytes.includes(":") ? `${scheme}${hidden}` : whole;
}

function* both(value: string): Iterable<string> {
  if (value === hidden) return;
  yield value;
  yield decoded(value);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
