import { isSecretName } from "./is-secret-name.ts";

const shown = "[secret]";

/**
 * Up to the last `@` before the next URL, for whoever forgets to encode a password has `/`, `?` and `@` in it. What follows a
 * host's colon is a port where it is a number.
 */
const userAndPassword =
  /([a-z][a-z\d+.-]*:\/\/)([^\s/:@"'<>[]*):(?!\d{1,5}(?:[/?#,;)\]]|$))((?:(?![a-z][a-z\d+.-]*:\/\/)[^\s"'<>])*)@/gi;
/** No web server knows users without a password: it is a token. */
const lonelyUser = /(\bhttps?:\/\/)([^\s/:@"'<>?#]+)@/gi;
const queryValue = /([?&;#])([\w.%[\]-]{1,64})=([^\s&;#"'<>\\]+)/g;
/** A scheme and all that follows, as that may have blanks; else what is long enough for a key. */
const header =
  /(authorization["']?\s*[:=]\s*\\?["']?)(?:(bearer|basic|token|digest|negotiate|aws4-hmac-sha256)\s+[^"'\\\r\n]+|[^\s"'\\,;]{8,})/gi;

/**
 * Takes out of a text what looks like a secret wherever it comes from: the password of a URL, the values of its query that stand
 * under a secret's name, and what an `Authorization` header holds.
 */
export function hideCredentials(text: string): string {
  let told = text;
  if (told.includes("://")) {
    told = told.replaceAll(userAndPassword, `$1$2:${shown}@`).replaceAll(lonelyUser, `$1${shown}@`);
  }
  if (told.includes("=")) told = told.replaceAll(queryValue, hiddenValue);
  if (/authorization/i.test(told)) told = told.replaceAll(header, hiddenHeader);
  return told;
}

/** The same for what a URL of this text holds, so that it can be found elsewhere. */
export function* credentialsIn(text: string): Iterable<string> {
  if (!text.includes("://")) return;
  for (const [, , , password = ""] of text.matchAll(userAndPassword)) yield* both(password);
  for (const [, , token = ""] of text.matchAll(lonelyUser)) yield* both(token);
  for (const [, , name = "", value = ""] of text.matchAll(queryValue)) {
    if (isSecretName(decoded(name))) yield* both(value);
  }
}

function hiddenValue(whole: string, mark: string, name: string): string {
  return isSecretName(decoded(name)) ? `${mark}${name}=${shown}` : whole;
}

function hiddenHeader(_: string, name: string, scheme: string | undefined): string {
  return `${name}${scheme === undefined ? "" : `${scheme} `}${shown}`;
}

function* both(value: string): Iterable<string> {
  if (value === shown) return;
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
