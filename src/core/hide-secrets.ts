import { inspect } from "node:util";
import { textOf } from "./bytes-as-text.ts";
import { hidden } from "./hidden.ts";

/** Takes secrets out of a text. */
export interface Redact {
  (text: string): string;
  /** Characters of the longest spelling that is looked for. */
  readonly longest: number;
}

/** What may stand before and behind a secret in Base64: characters that hold a few bits of it. */
const edge = "[A-Za-z0-9+/_-]{0,3}";
const longestEdges = 8;

/** Characters. An expression can be too large, and a text of this length stands nowhere by chance in other company. */
const longestInPattern = 2048;
const longestPattern = 100_000;

/**
 * Takes these secrets out of any text, however they are spelt there: in a URL, a form, JSON, HTML, hexadecimal or Base64, also
 * with something before it, as `Basic` sends user and password; and in Latin-1 or UTF-16, of which `textOf` made the text. Shorter ones than `shortest` characters are not looked for.
 */
export function hideSecrets(secrets: Iterable<string>, shortest: number): Redact {
  const sources = new Map<string, number>();
  const texts = new Set<string>();
  const add = (form: string, source = RegExp.escape(form)): void => {
    if (form.length > longestInPattern) texts.add(form);
    else sources.set(source, form.length);
  };
  for (const given of new Set(secrets)) {
    // The scheme of `Bearer …` is no secret, and a server may quote what follows it alone. Output is searched line by line.
    for (const secret of [given, given.replace(/^[A-Za-z][\w-]*\s+(?=\S+$)/, ""), ...linesOf(given)]) {
      if (secret.length < shortest) continue;
      for (const form of spellings(secret)) add(form);
      for (const form of base64Spellings(secret)) add(form, `${edge}${RegExp.escape(form)}${edge}={0,2}`);
    }
  }
  if (sources.size === 0 && texts.size === 0) return Object.assign((text: string) => text, { longest: 0 });
  const patterns = patternsOf([...sources].sort(([, a], [, b]) => b - a).map(([source]) => source));
  const longTexts = [...texts].sort((a, b) => b.length - a.length);
  let longest = 0;
  for (const length of sources.values()) longest = Math.max(longest, length);
  longest = Math.max(longest, longTexts[0]?.length ?? 0) + longestEdges;
  const hide = (text: string): string => {
    let told = text;
    for (const long of longTexts) if (long.length <= told.length) told = told.replaceAll(long, hidden);
    for (const pattern of patterns) told = told.replaceAll(pattern, hidden);
    return told;
  };
  return Object.assign(hide, { longest });
}

/** Longest first, and as many to one expression as fit into it. */
function patternsOf(sources: readonly string[]): readonly RegExp[] {
  const groups: string[][] = [];
  let room = 0;
  for (const source of sources) {
    if (source.length > room) {
      groups.push([]);
      room = longestPattern;
    }
    groups.at(-1)?.push(source);
    room -= source.length;
  }
  return groups.map((group) => new RegExp(group.join("|"), "g"));
}

/** Those of a private key, which has several; its first and last say only what it is. */
function linesOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/);
  return lines.length === 1 ? [] : lines.filter((line) => !line.startsWith("-----"));
}

function spellings(secret: string): readonly string[] {
  const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);
  const bytes = Buffer.from(secret);
  const inUrl = [encoded(encodeURIComponent, secret), encoded(encodeURI, secret)];
  const form = new URLSearchParams({ "": secret }).toString().slice(1);
  const html = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const percent = [...inUrl, form].flatMap((one) => [one, one.replaceAll(/%[\dA-F]{2}/g, (hex) => hex.toLowerCase())]);
  return [
    secret,
    ...percent,
    inJson(secret),
    // A JSON text as a field of another.
    inJson(inJson(secret)),
    ...escapedJson(inJson(secret)).flatMap((one) => [one, inJson(one)]),
    // As Node prints the field of an object.
    inspect(secret, { maxStringLength: null, breakLength: Number.POSITIVE_INFINITY }).slice(1, -1),
    html,
    ...["&#39;", "&#x27;", "&apos;"].map((quote) => html.replaceAll('"', "&quot;").replaceAll("'", quote)),
    ...["&#39;", "&#x27;"].map((quote) => html.replaceAll('"', "&#34;").replaceAll("'", quote)),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    ...otherEncodings(secret),
  ];
}

/** As Python (nothing but ASCII), Go (nothing that HTML knows) and PHP (slashes) write the same JSON, in either case of the digits. */
function escapedJson(json: string): readonly string[] {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const ascii = json.replaceAll(/[^ -~]/g, escaped);
  const all = [ascii, json.replaceAll(/[<>&\u2028\u2029]/g, escaped), ascii.replaceAll("/", "\\/")];
  return all.flatMap((one) => [one, one.replaceAll(/(?<=\\u)[\da-f]{4}/g, (digits) => digits.toUpperCase())]);
}

/** As `textOf` has the bytes of a text that is not written in UTF-8. */
function* otherEncodings(secret: string): Iterable<string> {
  const utf16 = Buffer.from(secret, "utf16le");
  yield textOf(utf16);
  // What is all ASCII stands in the other byte order, too, one byte further on.
  if (/[^\0-\x7f]/.test(secret)) yield textOf(utf16.swap16());
  if (/^[\0-\xff]*$/.test(secret)) yield textOf(Buffer.from(secret, "latin1"));
}

/** The part that is the same whatever stands before and behind: three bytes are four characters, so there are three of them. */
function* base64Spellings(secret: string): Iterable<string> {
  for (const before of [0, 1, 2]) {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
    const begin = [0, 2, 3][before];
    const end = Math.floor((bytes.length * 8) / 6);
    yield bytes.toString("base64").slice(begin, end);
    yield bytes.toString("base64url").slice(begin, end);
  }
}

/** Half a surrogate pair has no spelling in a URL. */
function encoded(encode: (text: string) => string, text: string): string {
  try {
    return encode(text);
  } catch {
    return text;
  }
}
